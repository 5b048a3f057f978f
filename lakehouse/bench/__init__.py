"""The benchmark: the same gold tables by this project and by DuckDB, from the same raw files, compared row by row.

`raw` and `queries` are the peer's SQL and `peer` runs it; `process` measures a run, `rows` compares the results, `exports`
generates the data, and `contest` is the whole benchmark, which reports `figures`. The peer is independent of the tables' code.
"""
