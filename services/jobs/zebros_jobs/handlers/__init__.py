"""Lambda entries and routes: parse, call one use case, return."""
