"""Clients of Superset: its REST API, and a browser on its pages."""
