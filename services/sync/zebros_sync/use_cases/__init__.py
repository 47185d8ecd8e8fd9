"""One verb per module: what events and devices ask this service to do."""
