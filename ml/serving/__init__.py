"""Scores and what is known of customers over HTTP, from memory: no engine, no JVM, and nothing computed while a request waits."""
