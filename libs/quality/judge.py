"""The program that `libs.quality.judge_process` starts: Great Expectations in a process of its own.

Reads a JSON line for each request: a run that begins, then counts to judge, or the folder for the pages, of which it answers each
with a line.
"""

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from libs.quality.counts import Counts
from libs.quality.imports import import_less
from libs.tables.rules import Rule

if TYPE_CHECKING:
    from libs.quality.expectations import Expectations


def main() -> None:
    """Answer until there are no more requests."""
    import_less()
    # After that, for they import Great Expectations, as in `_answer`.
    from libs.quality.expectations import Expectations

    answers, sys.stdout = sys.stdout, sys.stderr
    for line in sys.stdin:
        request = json.loads(line)
        if "run_id" in request:
            expectations = Expectations(request["run_id"], datetime.fromisoformat(request["checked_at"]))
        else:
            print(json.dumps(_answer(expectations, request)), file=answers, flush=True)


def _answer(expectations: "Expectations", request: dict[str, Any]) -> list[bool]:
    if "pages" in request:
        from libs.quality.data_docs import write_data_docs

        write_data_docs(expectations.context, Path(request["pages"]))
        return []
    counts = Counts([Rule(**rule) for rule in request["rules"]], request["rows"], request["unmet"])
    return expectations.judge(request["table"], counts)


if __name__ == "__main__":
    main()
