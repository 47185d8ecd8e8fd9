"""Keys and access patterns of leads, products, opportunities and what belongs to them."""
