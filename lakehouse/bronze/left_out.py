"""Files of a data folder that a run does not read, each with the reason: none is passed over without a word."""

from collections.abc import Iterable, Sequence

from lakehouse.bronze.damage import PARQUET, beginning
from lakehouse.bronze.endings import FOREIGN, file_name, has_known_ending, is_text
from lakehouse.bronze.files import Files, Found, Listing, natural
from lakehouse.bronze.listing import fits
from lakehouse.bronze.remarks import Remark, lines
from lakehouse.contract.source import Source

NO_FORM = "in no form that is read, which are CSV and JSON lines, both also with .gz, and Parquet"
AS_TEXT = '; text is read as CSV where its table says so, as in `files: ["*.txt"]`'
HIDDEN = "hidden, by a name that begins with . or _"
DELTA = "part of a Delta table, whose files hold replaced rows too: export its rows"
CLOSED = "a folder that can't be opened"
NO_FILE = "no file, but a link that leads nowhere, a pipe or a device"


def readable(found: Iterable[Found], files: Files, patterns: Iterable[str]) -> tuple[list[Found], list[Remark]]:
    """Those of a table's files that can be read, and remarks on the others.

    A name without a known ending can be Parquet alone. Text is read where one of the table's patterns says so by its ending.
    """
    fit: list[Found] = []
    others: list[Remark] = []
    text = [pattern.rpartition("/")[2] for pattern in patterns if is_text(pattern)]
    for file in found:
        is_declared = fits(file_name(file.path), text) if is_text(file.path) else has_known_ending(file.path)
        if is_declared or (not is_text(file.path) and _is_parquet(file, files)):
            fit.append(file)
        else:
            others.append(_of_no_form(file_name(file.path)))
    return fit, others


def _of_no_form(path: str) -> Remark:
    why = f"{NO_FORM}{AS_TEXT if is_text(path) else ''}"
    return Remark(path, f"not read: {why}", f"were not read: {why}")


def _is_parquet(found: Found, files: Files) -> bool:
    with files.open(found.path) as file:
        return beginning(file).startswith(PARQUET)


def unclaimed(listing: Listing, source: Source) -> list[str]:
    """Paths below the data folder of the files that no table's patterns fit, in natural order."""
    patterns = _patterns(source)
    return sorted((path for path in listing.files if not fits(path, patterns)), key=natural)


def left_out(listing: Listing, source: Source, declared: Iterable[Source]) -> list[str]:
    """A line for each reason why files below the data folder are not the source's, with their number and the first names.

    declared: all sources, of which another may be the file's.
    """
    others = [other for other in declared if other.source != source.source]
    whose = f"no table of source {source.source}"
    return not_read(listing, [_remark(path, whose, others) for path in unclaimed(listing, source)])


def of_nobody(listing: Listing, paths: Iterable[str]) -> list[str]:
    """The same of files, given their paths below the folder, that no table of any source takes."""
    return not_read(listing, [_remark(path, "no table of any source", ()) for path in paths])


def not_read(listing: Listing, remarks: Sequence[Remark]) -> list[str]:
    """A line for each kind of these remarks, and for what is not looked at in the folder."""
    return lines(
        [
            *remarks,
            *(Remark(path, f"not read: {HIDDEN}", f"were not read: {HIDDEN}") for path in listing.left_out.hidden),
            *(Remark(path, f"not read: {DELTA}", f"were not read: {DELTA}") for path in listing.left_out.delta),
            *(Remark(path, f"not read: {CLOSED}", f"were not read: {CLOSED}") for path in listing.left_out.closed),
            *(Remark(path, f"not read: {NO_FILE}", f"were not read: {NO_FILE}") for path in listing.left_out.no_files),
        ]
    )


def _remark(path: str, whose: str, others: Sequence[Source]) -> Remark:
    if path.lower().endswith(FOREIGN) and not has_known_ending(path):
        return _of_no_form(path)
    owner = next((other.source for other in others if fits(path, _patterns(other))), None)
    why = f"{whose} names it in `files`" + (f", source {owner} does" if owner else "")
    several = f"{whose} names them in `files`" + (f", source {owner} does" if owner else "")
    return Remark(path, f"not read: {why}", f"were not read: {several}")


def _patterns(source: Source) -> list[str]:
    return [pattern for table in source.tables for pattern in source.patterns(table)]
