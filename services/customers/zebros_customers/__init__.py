"""The customers service: customers, their contacts, documents and attachments, and custom fields."""
