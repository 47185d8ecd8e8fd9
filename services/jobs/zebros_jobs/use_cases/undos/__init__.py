"""Undoing an import: what it created goes, what it changed gets its former values, what was edited since stays."""
