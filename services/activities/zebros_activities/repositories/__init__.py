"""The access patterns of this service; `keys` holds every key and index."""
