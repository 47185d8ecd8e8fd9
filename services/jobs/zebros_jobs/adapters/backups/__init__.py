"""What backups stand on outside: the key service, and encryption."""
