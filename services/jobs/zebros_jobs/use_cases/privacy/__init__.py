"""Privacy requests: everything on a person told, or erased, across all services and our own files."""
