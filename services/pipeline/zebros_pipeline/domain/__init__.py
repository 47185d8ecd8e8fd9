"""Entities and rules of leads, opportunities, products, stages and money: pure, no input or output."""
