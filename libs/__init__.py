"""Parts that are independent of the business: settings, engines, table declarations, store, checks, services."""
