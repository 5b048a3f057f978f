"""The tables of the lakehouse: one module a table, and the catalogue that discovers them."""
