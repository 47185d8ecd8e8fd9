"""The pipeline service: leads, opportunities, products, the stages and currencies of a tenant, and the totals."""
