"""Models on the tables: features as they were known, training, registry, scores, value, recommendations, drift, serving."""
