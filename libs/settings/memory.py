"""Amounts of memory as settings write them, Spark's way. Standard library only: `make doctor` reads them before set-up."""

KILOBYTE = 1024
GIGABYTE = KILOBYTE**3
UNITS = "kmg"


def bytes_of(memory: str) -> int:
    """Bytes of an amount such as 4g or 1536m."""
    return int(memory[:-1]) * KILOBYTE ** (UNITS.index(memory[-1].lower()) + 1)
