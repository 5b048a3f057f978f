"""Dashboards as files: what Superset is given and what comes back from it."""
