"""Resolves the jars that Spark needs beside its own, once, into one folder.

`conf/ivy.xml` names and pins them, `conf/jars.sha256` holds their check sums (as `sha256sum` writes them). Spark's own
Ivy fetches them, so that neither Maven nor a host's name is needed.
Where Maven Central is reached through a mirror, that of `LAKEHOUSE_MAVEN_MIRROR` or of `~/.m2/settings.xml` is used.
Standard library only, so that the doctor can look before anything is installed.
"""

import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ElementTree
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import quoteattr

from libs.engines.java import JavaError, checked_java
from libs.errors import UserError
from libs.settings.project import PROJECT_ROOT

Run = Callable[[Sequence[str]], "subprocess.CompletedProcess[str]"]


class JarsError(UserError):
    """The jars can't be had; the message is one line that says what to do."""


def expected_jars_folder(groups: Sequence[str] = ("delta",), root: Path = PROJECT_ROOT) -> Path:
    """Return where the jars of these configurations of `conf/ivy.xml` stand once resolved.

    The name holds a digest of that file, so a changed version is resolved again.
    """
    digest = hashlib.sha256((root / "conf" / "ivy.xml").read_bytes()).hexdigest()[:12]
    return root / ".cache" / "jars" / f"{'-'.join(groups)}-{digest}"


def jars_folder(groups: Sequence[str] = ("delta",), root: Path = PROJECT_ROOT, run: Run | None = None) -> Path:
    """Return the folder that holds the jars of `groups`, fetching them on the first call on this machine.

    Fetched into a folder aside and renamed when complete: neither a killed fetch nor two at once leave it half filled.
    Raises JarsError with one line when Java, pyspark or a jar can't be had.
    """
    folder = expected_jars_folder(groups, root)
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix="resolving-", dir=folder.parent))
    try:
        _resolve(groups, root, aside, run or _run)
        _check_sums(aside / "jars", root / "conf" / "jars.sha256")
        _rename_unless_there(aside / "jars", folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return folder


def spark_home() -> Path:
    """Return the folder of the Spark that comes as the package pyspark, without importing it; raises JarsError when there is none."""
    spec = importlib.util.find_spec("pyspark")
    if spec is None or spec.origin is None:
        raise JarsError("pyspark is not installed in this Python: run `make setup`")
    return Path(spec.origin).parent


def maven_mirror(env: Mapping[str, str], home: Path) -> str | None:
    """Return the address to use in place of Maven Central, or None.

    `LAKEHOUSE_MAVEN_MIRROR` in `env` wins; else the first mirror of `*`, `external:*` or `central` in Maven's settings
    under `home`.
    """
    if env.get("LAKEHOUSE_MAVEN_MIRROR"):
        return env["LAKEHOUSE_MAVEN_MIRROR"]
    settings = home / ".m2" / "settings.xml"
    if not settings.is_file():
        return None
    try:
        mirrors = ElementTree.parse(settings).getroot().iterfind(".//{*}mirror")
    except ElementTree.ParseError as error:
        raise JarsError(f"{settings} is not valid XML ({error}): mend or remove it") from error
    for mirror in mirrors:
        mirrored = (mirror.findtext("{*}mirrorOf") or "").replace(" ", "").split(",")
        if {"*", "external:*", "central"} & set(mirrored):
            return mirror.findtext("{*}url")
    return None


def _resolve(groups: Sequence[str], root: Path, aside: Path, run: Run) -> None:
    command = _ivy_command(groups, root, aside)
    ran = run(command)
    if ran.returncode != 0 or not list((aside / "jars").glob("*.jar")):
        telling = ("not found", "FAILED", "ERROR")
        reasons = [line.strip() for line in ran.stdout.splitlines() if any(word in line for word in telling)]
        reason = reasons[0] if reasons else f"Ivy ended with status {ran.returncode}"
        raise JarsError(
            f"the jars of {root / 'conf' / 'ivy.xml'} could not be fetched ({reason}): check the network, or name a "
            "mirror of Maven Central in LAKEHOUSE_MAVEN_MIRROR, and run again"
        )


def _check_sums(folder: Path, sums: Path) -> None:
    """A changed jar under a known version, at the registry or on the way, must not run here."""
    expected = {name: digest for digest, name in (line.split() for line in sums.read_text().splitlines())}
    for jar in sorted(folder.glob("*.jar")):
        found = hashlib.sha256(jar.read_bytes()).hexdigest()
        if expected.get(jar.name) != found:
            raise JarsError(f"{jar.name} has the check sum {found}, not that of {sums}: if the jar is right, write it there")


def _ivy_command(groups: Sequence[str], root: Path, aside: Path) -> list[str]:
    try:
        java = checked_java(os.environ)
    except JavaError as error:
        raise JarsError(str(error)) from error
    command = [
        java,
        "-cp",
        _ivy_jar(),
        "org.apache.ivy.Main",
        "-ivy",
        str(root / "conf" / "ivy.xml"),
        "-confs",
        *groups,
    ]
    command += ["-cache", str(aside / "cache"), "-retrieve", f"{aside}/jars/[artifact]-[revision].[ext]"]
    mirror = maven_mirror(os.environ, Path.home())
    if mirror:
        command += ["-settings", str(_mirror_settings(mirror, aside))]
    return command


def _ivy_jar() -> str:
    found = sorted((spark_home() / "jars").glob("ivy-*.jar"))
    if not found:
        raise JarsError(f"{spark_home()} brings no Ivy: run `make setup`")
    return str(found[0])


def _mirror_settings(mirror: str, aside: Path) -> Path:
    path = aside / "ivysettings.xml"
    path.write_text(
        '<ivysettings><settings defaultResolver="mirror"/><resolvers>'
        f'<ibiblio name="mirror" m2compatible="true" root={quoteattr(mirror)}/></resolvers></ivysettings>\n'
    )
    return path


def _rename_unless_there(source: Path, target: Path) -> None:
    try:
        source.rename(target)
    except OSError:
        if not target.is_dir():
            raise


def _run(command: Sequence[str]) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)


if __name__ == "__main__":
    try:
        print(jars_folder())
    except JarsError as failure:
        sys.exit(f"jars: {failure}")
