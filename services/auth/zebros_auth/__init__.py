"""Tenants, their people and integrations, who did what, and notifications."""
