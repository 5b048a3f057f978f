"""Purchase likelihood: which viewed products are bought later, learned at past cutoffs and judged at later ones."""
