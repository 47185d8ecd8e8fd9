"""Backups of one tenant: what they are made of, how their manifests read, and by what two states are compared."""
