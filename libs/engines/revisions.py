"""Revisions of the engines that run transforms.

Raise an engine's number when rows that it computed before were silently wrong, by an error of its own or of how it is used:
the next run then recomputes the tables that it computed, wholly or in part, and no others.
"""

from collections.abc import Mapping

REVISIONS: Mapping[str, int] = {"native": 1, "spark": 1}
