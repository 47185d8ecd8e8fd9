"""Adapters to systems outside of AWS; only the composition root imports them."""
