"""Dashboards as files: imported into Superset and exported from it."""
