"""Numbers of things, as a sentence has them."""


def counted(number: int, noun: str) -> str:
    """`1 row`, `1,234 rows`; `noun` is the word for one."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
