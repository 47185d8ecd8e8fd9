"""The `zebros` command."""
