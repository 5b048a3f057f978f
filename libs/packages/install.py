"""Installs the packages of some extras, as requirements.lock pins them, into the environment that it runs in.

Afterwards the environment holds exactly the packages of these extras and of those that were installed before, so that a
changed lock reaches all of them and what was dropped from it goes. Needs uv; all else is standard library.

python -m libs.packages.install EXTRA…
Exit status: 0 done, 1 failed.
"""

import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from libs.packages.progress import Reported, follow
from libs.packages.selection import PackagesError, Project, part_of_lock
from libs.packages.stamps import installed, stamp
from libs.settings.project import PROJECT_ROOT

UV = (sys.executable, "-m", "uv", "--color", "never")
INSTALLER = "setup"  # the extra that holds uv itself, and goes with every other


def main(arguments: Sequence[str]) -> int:
    """Install the extras that `arguments` name into this environment, and return the exit status."""
    try:
        install(arguments, PROJECT_ROOT, Path(sys.prefix))
        return 0
    except PackagesError as error:
        print(f"packages: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("packages: stopped; run it again to go on", file=sys.stderr)
    return 1


def install(extras: Iterable[str], root: Path, environment: Path) -> None:
    """Install the extras of the checkout at `root` into `environment`. Raises PackagesError in one line."""
    with _alone(environment):
        project = Project.of((root / "pyproject.toml").read_text(encoding="utf-8"))
        before = installed(environment).keys() & project.requirements.keys()
        every = project.within({INSTALLER, *before, *extras})
        part = root / ".cache" / "packages.lock"
        part.parent.mkdir(exist_ok=True)
        part.write_text(part_of_lock(root, every), encoding="utf-8")
        began = time.monotonic()
        reported = _synced(part, environment)
        stamp(environment, every - {INSTALLER}, root / "requirements.lock")
        if reported.added or reported.removed:
            _prune_cache(root)
            print(_said(reported, environment, time.monotonic() - began), file=sys.stderr)


def _synced(part: Path, environment: Path) -> Reported:
    """Bring the environment in line with the lock `part`."""
    command = [*UV, "pip", "sync", "--require-hashes", "--python", str(environment / "bin" / "python"), str(part)]
    status, reported = follow(command, sys.stderr)
    if status:
        print(*reported.lines, sep="", end="", file=sys.stderr)
        raise PackagesError(
            "what requirements.lock asks for could not be installed: see above, check the network, and run it again"
        )
    return reported


def _prune_cache(root: Path) -> None:
    """Keep of the checkout's own cache what took long: the wheel of pyspark, not the gigabyte that it was built in."""
    if os.environ.get("UV_CACHE_DIR") == str(root / ".cache" / "uv"):
        subprocess.run([*UV, "cache", "prune", "--ci", "--quiet"], check=False)


def _said(reported: Reported, environment: Path, seconds: float) -> str:
    removed = f", removed {len(reported.removed - reported.added)}" if reported.removed - reported.added else ""
    size = sum(path.lstat().st_size for path in environment.rglob("*")) / 1e9
    return f"installed {len(reported.added)} packages{removed} in {seconds:.0f} s: {environment.name} holds {reported.packages}, {size:.1f} GB"


@contextmanager
def _alone(environment: Path) -> Iterator[None]:
    """Wait for another set-up of the same environment to end: two at once would remove each other's packages."""
    with (environment / ".installing").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
