"""Entities and rules of tenants and their people: pure, no input or output."""
