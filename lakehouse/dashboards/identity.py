"""UUIDs of objects in Superset: the same name has the same UUID on every machine and in every import."""

from uuid import UUID, uuid5

_SPACE = UUID("6f1c0b5e-3a64-5d0b-9b51-0c6a5f1f9f0e")


def uuid_of(kind: str, name: str) -> str:
    """The UUID of the database, dataset, chart or dashboard of this name."""
    return str(uuid5(_SPACE, f"{kind}/{name}"))


def number_of(uuid: str) -> int:
    """The number by which a dashboard's file refers to a chart; Superset replaces it at each import."""
    return int(UUID(uuid).hex[:7], 16)
