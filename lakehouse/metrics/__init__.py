"""Metrics: each declared once, in a YAML file a view, and answered from Spark metric views."""
