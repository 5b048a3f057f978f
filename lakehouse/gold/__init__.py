"""Gold: metrics and features, refreshed from the parts of silver that changed, one module a table."""
