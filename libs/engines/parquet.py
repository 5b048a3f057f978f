"""How both engines lay out the Parquet files of tables."""

# Rows of a row group, the part of a file that one core reads: what DuckDB writes and reads.
GROUP = 122_880
