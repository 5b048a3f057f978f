"""Fixtures of the tests that need the local cluster."""

from tests.cluster.running_cluster import cluster, lakehouse

__all__ = ["cluster", "lakehouse"]
