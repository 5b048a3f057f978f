"""Every function that declarations may use gives the same on Spark, Sail and DuckDB, over a table of awkward values.

`python -m tests.equal_functions` prints what differs, the test of this folder asks for nothing to differ.
"""
