"""Revisions of what runs transforms, one for each engine.

Raise an engine's number when rows that it made before were silently wrong, for a fault of its own or of how we drive it: tables
that it made, or helped to make, are then recomputed by the next run, and no others.
"""

from collections.abc import Mapping

REVISIONS: Mapping[str, int] = {"spark": 1}
