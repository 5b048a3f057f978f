"""What was seen in a folder, as text: an overview first, then each table's columns and rows, then a declaration for the rest."""

from collections.abc import Iterable, Sequence

from lakehouse.inspection.guess import Guess
from lakehouse.inspection.looking import FileSeen, FolderSeen
from lakehouse.inspection.proposal import stem
from libs.counted import counted

# Lines of the overview for each of its parts, so that it fits a screen.
LINES = 12
WIDTH = 24


def shown(folder: FolderSeen, proposal: str | None) -> str:
    """The text."""
    groups = _groups(folder.files)
    parts = [_overview(groups), *_left_out(folder.left_out)]
    for files in groups.values():
        parts += ["", *_table(files)]
    if proposal:
        parts += ["", "no source takes some of these files; a declaration for them:", "", proposal.rstrip()]
    return "\n".join(parts)


def _groups(files: Iterable[FileSeen]) -> dict[str, list[FileSeen]]:
    groups: dict[str, list[FileSeen]] = {}
    for file in files:
        name = f"{file.source}.{file.table}" if file.source else f"({stem(file.path)}: no source)"
        groups.setdefault(name, []).append(file)
    return groups


def _overview(groups: dict[str, list[FileSeen]]) -> str:
    lines = [f"{'table':<34} {'files':>6} {'form':<11} {'written as':<28} {'rows':>7} {'rejected':>9}"]
    for name, files in list(groups.items())[:LINES]:
        rows = sum(file.rows for file in files)
        bad = sum(max([file.malformed, *(r["rows"] for r in file.rejected.values())]) for file in files)
        forms = ", ".join(dict.fromkeys(file.form for file in files))
        lines.append(f"{name:<34} {len(files):>6} {forms:<11.11} {_written(files[0].guess):<28} {rows:>7,} {bad:>9,}")
    lines += [f"and {len(groups) - LINES} tables more"] if len(groups) > LINES else []
    faults = [file.fault for files in groups.values() for file in files if file.fault]
    return "\n".join([*lines, *faults[:LINES], *([f"and {len(faults) - LINES} faults more"] if len(faults) > LINES else [])])


def _left_out(lines: Sequence[str]) -> list[str]:
    return list(lines[:LINES])


def _written(guess: Guess | None) -> str:
    if guess is None:
        return ""
    signs = f"{guess.encoding} {guess.delimiter!r} {guess.quote}"
    more = [f"escape {guess.escape}" if guess.escape else "", f"skip {guess.skip_rows}" if guess.skip_rows else ""]
    return " ".join([signs, *filter(None, more), *([] if guess.header else ["no header"])])


def _table(files: Sequence[FileSeen]) -> list[str]:
    """Of the first file that could be read; of the others what would be rejected."""
    file = next((file for file in files if file.columns), files[0])
    lines = [
        f"{file.path}: {counted(file.rows, 'row')} looked at" + (f", {file.malformed:,} malformed" if file.malformed else "")
    ]
    lines += [f"  {'column':<{WIDTH}} {'field':<{WIDTH}} {'read as':<14} {'empty':>6}  example"] if file.columns else []
    for column in (c for c in file.columns if c.kind.name != "empty"):
        forms = (
            f" ({column.kind.date_forms[0]})"
            if column.kind.date_forms
            else f" ({column.kind.decimal})"
            if column.kind.decimal
            else ""
        )
        example = (column.example or "").replace("\n", " ")
        lines.append(
            f"  {column.name:<{WIDTH}} {column.field or '-':<{WIDTH}} {column.kind.name + forms:<14} {column.empty:>6.0%}  {example:.40}"
        )
    empty = [column.name for column in file.columns if column.kind.name == "empty"]
    lines += [f"  without values: {', '.join(empty)}"] if empty else []
    lines += [f"  looks as if to be declared: {said}" for said in file.advice]
    for other in files:
        for table, reasons in other.rejected.items():
            said = ", ".join(f"{code} {count:,}" for code, count in reasons.items() if code != "rows")
            lines.append(f"  {other.path}: {reasons['rows']:,} of {other.rows:,} rows would be rejected for {table}: {said}")
    lines += ["  first rows:"] if file.sample else []
    lines += [
        "    " + " | ".join("" if value is None else str(value).replace("\n", " ")[:20] for value in row.values())
        for row in file.sample
    ]
    return lines
