"""The jars are fetched once and whole, and a failure is one line. Ivy itself is passed in: no network is used."""

import hashlib
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest

from libs.engines.jars import JarsError, Run, expected_jars_folder, jars_folder, maven_mirror

NOTHING = hashlib.sha256(b"").hexdigest()
SETTINGS = """<settings xmlns="http://maven.apache.org/SETTINGS/1.0.0"><mirrors>
<mirror><id>a</id><mirrorOf>internal</mirrorOf><url>https://a.example/m2</url></mirror>
<mirror><id>b</id><mirrorOf>external:*, !local</mirrorOf><url>https://b.example/m2</url></mirror>
</mirrors></settings>"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "ivy.xml").write_text("<ivy-module/>")
    (tmp_path / "conf" / "jars.sha256").write_text("".join(f"{NOTHING}  {name}-1.jar\n" for name in ("a", "b")))
    return tmp_path


def ivy_that(fetch: Callable[[Path], None], commands: list[Sequence[str]] | None = None, status: int = 0, says: str = "") -> Run:
    def run(command: Sequence[str]) -> "subprocess.CompletedProcess[str]":
        if commands is not None:
            commands.append(command)
        folder = Path(command[command.index("-retrieve") + 1]).parent
        folder.mkdir()
        fetch(folder)
        return subprocess.CompletedProcess(command, status, says, "")

    return run


def two_jars(folder: Path) -> None:
    (folder / "a-1.jar").touch()
    (folder / "b-1.jar").touch()


def test_the_jars_are_fetched_on_the_first_call_alone(project: Path) -> None:
    commands: list[Sequence[str]] = []
    ivy = ivy_that(two_jars, commands)

    folder = jars_folder(root=project, run=ivy)

    assert folder == jars_folder(root=project, run=ivy) == expected_jars_folder(root=project)
    assert sorted(path.name for path in folder.iterdir()) == ["a-1.jar", "b-1.jar"]
    assert len(commands) == 1
    assert commands[0][commands[0].index("-confs") + 1] == "delta"


def test_a_changed_declaration_is_resolved_again(project: Path) -> None:
    before = jars_folder(root=project, run=ivy_that(two_jars))
    (project / "conf" / "ivy.xml").write_text("<ivy-module version='2'/>")

    assert jars_folder(root=project, run=ivy_that(two_jars)) != before


def test_groups_have_folders_of_their_own(project: Path) -> None:
    assert jars_folder(("delta", "s3"), project, ivy_that(two_jars)) != jars_folder(root=project, run=ivy_that(two_jars))


def test_a_failed_fetch_says_so_in_one_line_and_leaves_nothing(project: Path) -> None:
    ivy = ivy_that(lambda folder: None, status=1, says=":: loading\n\t:: io.delta#delta-storage;9: not found\n")

    with pytest.raises(
        JarsError, match=r"conf/ivy\.xml could not be fetched .*delta-storage;9: not found.*LAKEHOUSE_MAVEN_MIRROR"
    ) as raised:
        jars_folder(root=project, run=ivy)

    assert "\n" not in str(raised.value)
    assert list((project / ".cache" / "jars").iterdir()) == []


def test_a_jar_that_is_not_the_pinned_one_is_refused(project: Path) -> None:
    def another(folder: Path) -> None:
        (folder / "a-1.jar").write_text("something else")

    with pytest.raises(JarsError, match=r"^a-1\.jar has the check sum [0-9a-f]{64}, not that of .*jars\.sha256"):
        jars_folder(root=project, run=ivy_that(another))

    assert list((project / ".cache" / "jars").iterdir()) == []


def test_a_fetch_that_another_process_finished_first_is_taken(project: Path) -> None:
    def fetched_by_another(folder: Path) -> None:
        two_jars(folder)
        target = expected_jars_folder(root=project)
        target.mkdir()
        (target / "theirs.jar").touch()

    folder = jars_folder(root=project, run=ivy_that(fetched_by_another))

    assert [path.name for path in folder.iterdir()] == ["theirs.jar"]


def test_a_mirror_is_read_from_the_variable_or_from_mavens_settings(tmp_path: Path) -> None:
    assert maven_mirror({}, tmp_path) is None
    (tmp_path / ".m2").mkdir()
    (tmp_path / ".m2" / "settings.xml").write_text(SETTINGS)

    assert maven_mirror({}, tmp_path) == "https://b.example/m2"
    assert maven_mirror({"LAKEHOUSE_MAVEN_MIRROR": "https://c.example"}, tmp_path) == "https://c.example"


def test_a_mirror_is_handed_to_ivy(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAKEHOUSE_MAVEN_MIRROR", "https://c.example/?a=1&b=2")
    seen: list[str] = []

    def ivy(command: Sequence[str]) -> "subprocess.CompletedProcess[str]":
        seen.append(Path(command[command.index("-settings") + 1]).read_text())
        return ivy_that(two_jars)(command)

    jars_folder(root=project, run=ivy)

    assert 'root="https://c.example/?a=1&amp;b=2"' in seen[0]


def test_broken_maven_settings_are_named(tmp_path: Path) -> None:
    (tmp_path / ".m2").mkdir()
    (tmp_path / ".m2" / "settings.xml").write_text("<settings>")

    with pytest.raises(JarsError, match=r"settings\.xml is not valid XML"):
        maven_mirror({}, tmp_path)
