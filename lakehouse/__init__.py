"""The tables of the lakehouse: one module per table, and the catalogue that discovers them."""
