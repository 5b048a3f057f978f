"""The tables that the jobs of models fill, one module a table."""
