"""The benchmark of the models: features, training and scoring at size, each beside what a single process does with the same rows.

`shop` generates silver tables; `features`, `training` and `scoring` are the sides, each a process of its own that prints what it
took as JSON; `features_peer` is DuckDB's query, independent of `ml.features`; `contest` runs all and compares.
"""
