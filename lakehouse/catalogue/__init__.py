"""The declared tables: discovery, order, lineage and the pages generated from them."""
