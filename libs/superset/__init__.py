"""Talking to Superset: its REST interface, and a browser on its pages."""
