"""Keys and access patterns."""
