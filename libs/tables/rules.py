"""What a table's declaration requires of its rows, as SQL."""

from dataclasses import dataclass

from libs.tables.table import Severity, Table


@dataclass(frozen=True)
class Rule:
    """One rule for every row: `count_sql` counts the rows that do not meet it, `broken` is true for such a row."""

    expectation: str
    severity: Severity
    count_sql: str
    broken: str | None
    meaning: str = ""


def rules(table: Table) -> list[Rule]:
    """All rules that the declaration has for rows."""
    found = [_not_null(c.name) for c in table.columns if not c.nullable]
    if table.primary_key:
        key = ", ".join(f"`{name}`" for name in table.primary_key)
        count = f"count(1) - count(distinct struct({key}))"
        found.append(Rule(f"unique ({', '.join(table.primary_key)})", "fail", count, None, "the primary key"))
    found += [
        Rule(e.condition, e.severity, f"count_if(not ({e.condition}))", f"not ({e.condition})", e.meaning)
        for e in table.expectations
    ]
    return found


def _not_null(column: str) -> Rule:
    return Rule(f"{column} is not null", "fail", f"count_if(`{column}` is null)", f"`{column}` is null", "declared not nullable")
