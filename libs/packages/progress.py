"""What uv does, on one line of a terminal that is written over, or in a log as a line now and then."""

import re
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from threading import Thread
from typing import TextIO

# uv reports files that are larger than a megabyte.
LINE = re.compile(r"\s*(Downloading|Downloaded|Building|Built|Resolved|[+-]) (\S+)(?: \(([\d.]+)([KMG]iB)\))?")
MEGABYTES = {"KiB": 1.024e-3, "MiB": 1.048576, "GiB": 1073.741824}
TICK_SECONDS = 0.5
LOG_SECONDS = 15


@dataclass
class Reported:
    """What uv has said so far; sizes are megabytes of files to download."""

    packages: int = 0
    sizes: dict[str, float] = field(default_factory=dict)
    downloaded: set[str] = field(default_factory=set)
    building: str = ""
    added: set[str] = field(default_factory=set)
    removed: set[str] = field(default_factory=set)
    lines: list[str] = field(default_factory=list)

    def read(self, line: str) -> None:
        """Take in one line of uv's."""
        self.lines.append(line)
        reported = LINE.match(line)
        if reported is None:
            return
        what, name, size, unit = reported.groups()
        package = name.split("==")[0]
        if what == "Downloading" and size:
            self.sizes[package] = float(size) * MEGABYTES[unit]
        elif what == "Resolved":
            self.packages = int(name)
        elif what in ("Building", "Built"):
            self.building = package if what == "Building" else ""
        else:
            {"Downloaded": self.downloaded, "+": self.added, "-": self.removed}.get(what, set()).add(package)

    def __str__(self) -> str:
        done = sum(size for name, size in self.sizes.items() if name in self.downloaded)
        parts = [f"{done:.0f} of {sum(self.sizes.values()):.0f} MB downloaded"] if self.sizes else []
        parts += [f"fetching and building {self.building}"] if self.building else []
        return ", ".join([f"installing {self.packages or ''} packages".replace("  ", " "), *parts])


def follow(command: Sequence[str], out: TextIO) -> tuple[int, Reported]:
    """Run uv and write to `out` how far it is; returns its exit status and what it said."""
    reported = Reported()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    reader = Thread(target=_read, args=(process, reported), daemon=True)
    reader.start()
    shown = _Shown(out)
    while reader.is_alive():
        reader.join(TICK_SECONDS)
        shown.tick(str(reported))
    shown.end()
    return process.wait(), reported


def _read(process: "subprocess.Popen[str]", reported: Reported) -> None:
    for line in process.stderr or ():
        reported.read(line)


class _Shown:
    """The line of progress. It is not shown of what is over within the first second."""

    def __init__(self, out: TextIO) -> None:
        self._out, self._terminal = out, out.isatty()
        self._began = time.monotonic()
        self._next = 1.0

    def tick(self, text: str) -> None:
        """Show the line where it is time to."""
        seconds = time.monotonic() - self._began
        if seconds >= self._next:
            start, end = ("\r\x1b[K", "") if self._terminal else ("", "\n")
            print(f"{start}{text}, {seconds:.0f} s", end=end, file=self._out, flush=True)
            self._next = seconds + (0 if self._terminal else LOG_SECONDS)

    def end(self) -> None:
        """Leave the terminal's line empty."""
        if self._terminal:
            print("\r\x1b[K", end="", file=self._out, flush=True)
