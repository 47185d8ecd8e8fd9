"""Exports: records of one kind, filtered, as a file."""
