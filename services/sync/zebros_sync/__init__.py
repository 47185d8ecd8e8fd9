"""The sync service: what changed in a tenant, in order, for devices that were away; and what they did meanwhile."""
