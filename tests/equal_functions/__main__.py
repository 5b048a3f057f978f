"""Print the expressions that the engines compute differently; exit status 1 where there are any."""

import sys
import tempfile
from pathlib import Path

from tests.equal_functions.compare import differences

with tempfile.TemporaryDirectory() as folder:
    found = differences(Path(folder))
print("\n".join(found) or "every expression is computed alike")
sys.exit(1 if found else 0)
