"""Entities and rules of activities: pure, no input or output."""
