"""Runs a command and measures it: wall-clock seconds, and the peak memory of it and its children."""

import os
import subprocess
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from libs.errors import InputError

PROC = Path("/proc")
SAMPLED_EVERY_SECONDS = 0.1
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
MEGABYTE = 1_000_000


@dataclass(frozen=True)
class Measured:
    """Duration, peak memory and output of a command. The peak is the resident memory in megabytes, None without /proc."""

    seconds: float
    peak_mb: float | None
    printed: str


def measured(command: Sequence[str], folder: Path, env: Mapping[str, str], log: Path) -> Measured:
    """Run `command` in `folder`; its standard error goes to the file `log`.

    Raises InputError, with the last line of the log, when its exit status is not 0.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    printed = log.with_suffix(".out")
    with printed.open("wb") as out, log.open("wb") as errors:
        began = time.monotonic()
        process = subprocess.Popen(command, cwd=folder, env=dict(env), stdout=out, stderr=errors)
        peak = _watched(process)
        seconds = time.monotonic() - began
    if process.returncode:
        said = log.read_text(errors="replace").strip().splitlines() or ["no output"]
        raise InputError(f"{' '.join(command[1:4])} ended with {process.returncode}: {said[-1]} (all of it in {log})")
    return Measured(seconds, peak / MEGABYTE if peak else None, printed.read_text())


def _watched(process: subprocess.Popen[bytes]) -> int:
    """The peak in bytes; the process has ended on return, also after an interruption."""
    peak = 0
    try:
        while process.poll() is None:
            peak = max(peak, resident_bytes(process.pid))
            try:
                process.wait(SAMPLED_EVERY_SECONDS)
            except subprocess.TimeoutExpired:
                continue
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()
    return peak


def resident_bytes(root: int, proc: Path = PROC) -> int:
    """Resident memory of the process `root` and all below it, 0 where the system does not report it.

    Pages that two of them share count twice.
    """
    children: dict[int, list[int]] = defaultdict(list)
    pages = {}
    for stat in proc.glob("[0-9]*/stat"):
        try:
            # The name, in parentheses, may hold blanks; what follows is state, parent, ... and pages in the 22nd place.
            fields = stat.read_text(errors="replace").rpartition(")")[2].split()
        except OSError:
            continue  # It has just ended.
        pid = int(stat.parent.name)
        children[int(fields[1])].append(pid)
        pages[pid] = int(fields[21])
    found = [root]
    for pid in found:
        found += children[pid]
    return sum(pages.get(pid, 0) for pid in found) * PAGE_BYTES
