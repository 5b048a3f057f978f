"""Entry points: each parses arguments, reads, calls and writes."""
