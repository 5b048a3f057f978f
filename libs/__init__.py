"""What knows nothing of this business: settings, Spark, tables, store, statistics."""
