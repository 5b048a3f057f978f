"""Delta tables on disk or on an object store: reading, writing, history and upkeep."""
