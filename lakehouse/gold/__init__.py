"""Gold: metrics and features, one module per table; only what a change of silver touches is recomputed."""
