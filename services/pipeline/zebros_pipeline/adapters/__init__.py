"""What is outside of this service: the doors of others."""
