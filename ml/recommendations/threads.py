"""How many threads compute: for few cells they would wait for each other longer than they compute. Results are the same."""

ALL, ONE = 0, 1
FEW_CELLS = 20_000


def threads(cells: int) -> int:
    """What `implicit` takes as a number of threads."""
    return ALL if cells > FEW_CELLS else ONE
