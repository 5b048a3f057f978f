"""The benchmark: the same gold tables by this project and by DuckDB, from the same raw files, compared row by row.

`raw` and `queries` are the peer's SQL and `peer` runs it; `process` measures a run, `rows` compares what came out, `day`
makes the data, and `contest` puts it together. The peer knows nothing of the tables' code.
"""
