"""The declared tables: discovery, order, lineage and the generated pages."""
