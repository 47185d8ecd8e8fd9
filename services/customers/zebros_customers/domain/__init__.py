"""Entities and rules of customers, contacts and documents: pure, no input or output."""
