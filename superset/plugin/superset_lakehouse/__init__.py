"""Adapts Superset to this lakehouse's Spark Thrift server; installed into Superset's own environment."""
