"""Print the expressions that the engines compute differently; exit status 1 where there are any."""

import sys
import tempfile
from pathlib import Path

from tests.engine_process import started
from tests.equal_functions.compare import differences

if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, started(Path(folder)) as engines:
        found = differences(engines)
    print("\n".join(found) or "every expression is computed alike")
    sys.exit(1 if found else 0)
