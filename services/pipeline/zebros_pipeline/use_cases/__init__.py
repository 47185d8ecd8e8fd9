"""One verb per module: what a caller can ask this service to do."""
