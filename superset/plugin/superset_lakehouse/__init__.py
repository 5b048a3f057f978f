"""What Superset must be taught about this lakehouse's Spark Thrift server; installed into Superset's own environment."""
