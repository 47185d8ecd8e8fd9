"""The change log, the current state, and what is known of devices."""
