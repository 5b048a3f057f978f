"""The SQL of declarations: what of it engines compute alike, and how it is written so that no value ends a query."""
