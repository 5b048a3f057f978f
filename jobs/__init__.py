"""Entry points: each parses arguments, reads, calls and writes.

What a job runs with is imported by the function that runs it, after the arguments were parsed: Spark, the tables' code, pandas,
Arrow and MLflow take from a tenth of a second to three, which neither `--help` nor a wrong argument should cost.
"""
