"""Backups of one tenant, and restores of them."""
