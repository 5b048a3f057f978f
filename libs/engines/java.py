"""Finds the Java that Spark runs on.

Standard library only, so that `make doctor` can check it before anything is installed.
"""

import re
import shutil
import subprocess
from collections.abc import Callable, Mapping
from pathlib import Path

from libs.errors import UserError

OLDEST_JAVA = 17
# The option by which Java compiles by its first compiler alone: sooner and with less CPU, into code that is slower.
FIRST_COMPILER = "-XX:TieredStopAtLevel=1"
FIX = f"install a JDK {OLDEST_JAVA} or newer (Debian: apt-get install openjdk-17-jre-headless) or set JAVA_HOME"


class JavaError(UserError):
    """Java is absent or too old; the message is one line that says what to do."""


def java_command(env: Mapping[str, str], which: Callable[[str], str | None] = shutil.which) -> str:
    """Return the path of `java`: under `JAVA_HOME` if `env` sets it, else the one on the PATH.

    Raises JavaError when neither exists. Spark's own launcher looks in the same places in the same order.
    """
    home = env.get("JAVA_HOME")
    if home:
        command = Path(home) / "bin" / "java"
        if not command.is_file():
            raise JavaError(f"JAVA_HOME is {home}, which has no bin/java: {FIX}")
        return str(command)
    found = which("java")
    if found is None:
        raise JavaError(f"Java was not found: {FIX}")
    return found


def parse_java_version(text: str) -> int | None:
    """Return the major version in what `java -version` printed (8 for "1.8.0_292", 17 for "17.0.15"), or None."""
    match = re.search(r'version "(?:1\.)?(\d+)', text)
    return int(match.group(1)) if match else None


def java_version_text(command: str) -> str:
    """Return what `command -version` prints, which Java writes to standard error; empty when it can't be run."""
    try:
        ran = subprocess.run([command, "-version"], capture_output=True, text=True, timeout=60, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return ran.stderr + ran.stdout


def checked_java(env: Mapping[str, str], version_text: Callable[[str], str] = java_version_text) -> str:
    """Return the path of a Java that is new enough, or raise JavaError."""
    command = java_command(env)
    version = parse_java_version(version_text(command))
    if version is None:
        raise JavaError(f"{command} -version printed no version: {FIX}")
    if version < OLDEST_JAVA:
        raise JavaError(f"{command} is Java {version}, but Spark needs {OLDEST_JAVA} or newer: {FIX}")
    return command
