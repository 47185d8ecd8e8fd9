"""zebros_core: what every service of the product stands on. It knows tenants, tables and events, no business noun."""
