"""The access patterns of this service, one repository per entity; `keys` holds every key and index."""
