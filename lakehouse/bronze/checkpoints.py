"""What the file streams of older versions took: their checkpoints lie under `_checkpoints` at the lakehouse's root.

A checkpoint is a folder as Spark writes it: `sources/0/<n>` lists the files of the stream's n-th batch, `<n>.compact` those up
to it; `offsets/<m>` says up to which list the query's m-th batch goes, and `commits/<m>` that this batch was finished.
"""

import json
from collections.abc import Iterator
from urllib.parse import unquote

from lakehouse.bronze.endings import file_name
from lakehouse.bronze.files import Files, Found
from libs.errors import InputError


def taken_by_stream(root: str, name: str, last_batch: int) -> list[str]:
    """Paths of the files that the stream called `name` took; none where there is no checkpoint.

    last_batch: the greatest number of a batch whose rows are in the table: a run may have ended before the stream noted it.
    """
    files, checkpoint = Files.of(root), f"{root}/_checkpoints/{name}"
    try:
        lists = files.below(checkpoint, ["sources/0/*"])
        offsets = {int(file_name(f.path)): f for f in files.below(checkpoint, ["offsets/*"])}
        commits = [int(file_name(f.path)) for f in files.below(checkpoint, ["commits/*"])]
    except InputError:
        return []
    finished = [number for number in offsets if number <= max([*commits, last_batch])]
    until = max((_last_list(files, offsets[number]) for number in finished), default=-1)
    return list(dict.fromkeys(path for found in lists for number, path in _listed(files, found) if number <= until))


def _last_list(files: Files, offset: Found) -> int:
    return int(json.loads(_lines(files, offset)[-1])["logOffset"])


def _listed(files: Files, found: Found) -> Iterator[tuple[int, str]]:
    """The numbers of batches and the paths of their files, which Spark writes as URLs."""
    for line in _lines(files, found)[1:]:
        entry = json.loads(line)
        yield entry["batchId"], unquote(entry["path"]).removeprefix("file://")


def _lines(files: Files, found: Found) -> list[str]:
    """The first of which is the version of the form."""
    with files.open(found.path) as file:
        return file.read().decode().splitlines()
