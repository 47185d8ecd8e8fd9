"""Lambda entries: parse, call one use case, return."""
