"""Which of several test processes runs which file."""

from functools import cache

from xdist.scheduler import LoadFileScheduling

from libs.settings.project import PROJECT_ROOT

WITH_SPARK = "files that need a Spark beside their process"


class ByFile(LoadFileScheduling):
    """A file's tests, which share what its fixtures make, are run by one process.

    All files that compare engines are run by the same one: Spark beside it starts once, and stays warm.
    """

    def _split_scope(self, nodeid: str) -> str:
        return together(nodeid)


def together(nodeid: str) -> str:
    """What the test has in common with all that its process runs with it."""
    file = nodeid.split("::", 1)[0]
    return WITH_SPARK if compares_engines(file) else file


@cache
def compares_engines(file: str) -> bool:
    """Whether tests of the file, named by its path in the project, call another process's engine."""
    return "EngineProcess" in (PROJECT_ROOT / file).read_text()
