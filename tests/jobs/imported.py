"""What commands import: runs each in turn in this process and prints, as JSON, what it printed and which modules it brought in."""

import importlib
import io
import json
import sys
from collections.abc import Sequence
from contextlib import redirect_stderr, redirect_stdout, suppress


def ran(command: Sequence[str]) -> dict[str, object]:
    """Run `main` of the job that is named first, with the other words as its arguments."""
    job, *arguments = command
    before, printed = set(sys.modules), io.StringIO()
    with redirect_stdout(printed), redirect_stderr(printed), suppress(SystemExit):
        importlib.import_module(f"jobs.{job}").main(arguments)
    return {"printed": printed.getvalue(), "imported": sorted(set(sys.modules) - before)}


if __name__ == "__main__":
    print(json.dumps([ran(command.split()) for command in sys.argv[1:]]))
