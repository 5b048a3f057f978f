"""Java is found where Spark looks for it, and one that is too old is refused."""

from pathlib import Path

import pytest

from libs.engines.java import JavaError, checked_java, java_command, parse_java_version


@pytest.mark.parametrize(
    ("text", "version"),
    [
        ('openjdk version "17.0.15" 2025-04-15\nOpenJDK Runtime', 17),
        ('java version "1.8.0_292"', 8),
        ('openjdk version "25" 2025-09-16', 25),
        ("The operation couldn't be completed. Unable to locate a Java Runtime.", None),
    ],
)
def test_the_major_version_is_read(text: str, version: int | None) -> None:
    assert parse_java_version(text) == version


def test_java_home_comes_before_the_path(tmp_path: Path) -> None:
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.touch()

    assert java_command({"JAVA_HOME": str(tmp_path)}, which=lambda name: "/other/java") == str(java)
    assert java_command({}, which=lambda name: "/other/java") == "/other/java"


def test_a_wrong_java_home_and_a_missing_java_have_different_errors() -> None:
    with pytest.raises(JavaError, match="JAVA_HOME is /nowhere, which has no bin/java: install a JDK 17"):
        java_command({"JAVA_HOME": "/nowhere"})
    with pytest.raises(JavaError, match=r"^Java was not found: install a JDK 17"):
        java_command({}, which=lambda name: None)


def test_an_old_or_silent_java_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "java").touch()
    env = {"JAVA_HOME": str(tmp_path)}

    with pytest.raises(JavaError, match="is Java 11, but Spark needs 17 or newer"):
        checked_java(env, lambda command: 'openjdk version "11.0.2"')
    with pytest.raises(JavaError, match="printed no version"):
        checked_java(env, lambda command: "")
    assert checked_java(env, lambda command: 'openjdk version "21.0.2"').endswith("bin/java")
