"""Silver: typed, de-duplicated rows of every source, one module per table."""
