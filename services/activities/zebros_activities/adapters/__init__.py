"""What is outside: other services, the scheduler, the mail service; each behind a port of the domain."""
