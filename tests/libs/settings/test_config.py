"""Layers of settings, and errors that name the file and the key."""

from datetime import date
from pathlib import Path

import pytest
from pydantic import ValidationError

from libs.settings.config import ConfigError, load_settings

BASE = """
profile: local
lakehouse_root: var/lakehouse
report_path: var/report.html
engine: auto
lock_wait_seconds: 1
free_disk_gigabytes: 1
cluster_folder: var/cluster
spark: {master: "local[1]", driver_memory: 1g, shuffle_partitions: 8, snapshot_partitions: 2, few_rows: 100, quick_below: 1g,
        catalog: hive, conf: {a.b: "1"}}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "conf").mkdir()
    (tmp_path / "conf" / "base.yaml").write_text(BASE)
    (tmp_path / "conf" / "local.yaml").write_text("profile: local\n")
    return tmp_path


def write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text)


def test_the_committed_settings_load() -> None:
    settings = load_settings({})

    assert settings.profile == "local"
    assert settings.lakehouse_root == str(settings.project_root / "var" / "lakehouse")


def test_a_later_layer_wins_key_by_key(project: Path) -> None:
    write(project / "conf" / "local.yaml", "profile: local\nspark: {driver_memory: 2g, conf: {c: '2'}}\n")
    write(project / "own" / "local.yaml", "spark: {shuffle_partitions: 3}\n")

    settings = load_settings({"CONF": "own", "LAKEHOUSE_MASTER": "local[7]", "AS_OF": "2024-02-29"}, project)

    assert settings.spark.driver_memory == "2g"
    assert settings.spark.shuffle_partitions == 3
    assert settings.spark.snapshot_partitions == 2
    assert settings.spark.master == "local[7]"
    assert settings.spark.conf == {"a.b": "1", "c": "2"}
    assert settings.as_of == date(2024, 2, 29)


def test_paths_are_taken_from_the_projects_root_and_urls_stay(project: Path) -> None:
    assert load_settings({"LAKEHOUSE_ROOT": "some where"}, project).lakehouse_root == str(project / "some where")
    assert load_settings({"LAKEHOUSE_ROOT": "/else where/"}, project).lakehouse_root == "/else where"
    assert load_settings({"LAKEHOUSE_ROOT": "s3a://lakehouse/"}, project).lakehouse_root == "s3a://lakehouse"


def test_an_empty_variable_counts_as_absent(project: Path) -> None:
    assert load_settings({"PROFILE": "", "CONF": "", "AS_OF": ""}, project) == load_settings({}, project)


def test_every_bad_key_is_named_with_its_file_and_path(project: Path) -> None:
    write(project / "conf" / "local.yaml", "spark: {mastr: x}\nlock_wait_seconds: soon\n")
    write(project / "own" / "base.yaml", "colour: red\n")

    with pytest.raises(ConfigError) as raised:
        load_settings({"CONF": "own", "AS_OF": "someday"}, project)

    message = str(raised.value)
    assert "conf/local.yaml: spark.mastr: unknown key" in message
    assert "conf/local.yaml: lock_wait_seconds: " in message
    assert "own/base.yaml: colour: unknown key" in message
    assert "environment variable AS_OF: as_of: " in message
    assert "\n" not in message


def test_a_missing_key_is_named(project: Path) -> None:
    write(project / "conf" / "base.yaml", BASE.replace("snapshot_partitions: 2,", ""))

    with pytest.raises(ConfigError, match=r"conf/base\.yaml: spark\.snapshot_partitions: missing"):
        load_settings({}, project)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("spark: [", "not valid YAML at line"),
        ("- a\n", "must hold a mapping"),
        ("pseudonym_key: x\n", "may not be set in a file"),
    ],
)
def test_a_file_that_cannot_be_used_is_named(project: Path, text: str, words: str) -> None:
    write(project / "conf" / "local.yaml", text)

    with pytest.raises(ConfigError, match=f"conf/local.yaml: .*{words}"):
        load_settings({}, project)


def test_an_unknown_profile_names_those_that_exist(project: Path) -> None:
    write(project / "conf" / "funnels.yaml", "funnels: []\n")

    with pytest.raises(ConfigError, match=r"PROFILE=moon: conf/moon\.yaml does not exist; profiles are local$"):
        load_settings({"PROFILE": "moon"}, project)


def test_a_port_is_filled_in_wherever_it_is_named(project: Path) -> None:
    write(project / "conf" / "local.yaml", "ports: {a: 1}\nmlflow_uri: 'http://x:${ports.a}/'\n")

    assert load_settings({}, project).mlflow_uri == "http://x:1/"
    assert load_settings({"LAKEHOUSE_PORT_A": "7"}, project).mlflow_uri == "http://x:7/"


def test_an_unknown_port_is_named(project: Path) -> None:
    write(project / "conf" / "local.yaml", "mlflow_uri: 'http://x:${ports.b}/'\n")

    with pytest.raises(ConfigError, match=r"conf/local\.yaml: mlflow_uri: ports\.b does not exist"):
        load_settings({}, project)


def test_a_missing_overlay_folder_is_an_error(project: Path) -> None:
    with pytest.raises(ConfigError, match="CONF=nowhere: no such folder"):
        load_settings({"CONF": "nowhere"}, project)


def test_a_declaration_in_the_overlay_replaces_or_joins_those_of_the_project(project: Path) -> None:
    write(project / "conf" / "sources" / "a.yaml", "")
    write(project / "conf" / "sources" / "b.yaml", "")
    write(project / "own" / "sources" / "b.yaml", "")
    write(project / "own" / "sources" / "c.yaml", "")
    settings = load_settings({"CONF": "own"}, project)

    assert settings.conf_files("sources/*.yaml") == {
        "sources/a.yaml": project / "conf" / "sources" / "a.yaml",
        "sources/b.yaml": project / "own" / "sources" / "b.yaml",
        "sources/c.yaml": project / "own" / "sources" / "c.yaml",
    }
    assert settings.conf_file("sources/c.yaml") == project / "own" / "sources" / "c.yaml"
    assert settings.conf_file("funnels.yaml") is None


def test_settings_are_frozen_and_hide_secrets(project: Path) -> None:
    settings = load_settings({"LAKEHOUSE_PSEUDONYM_KEY": "hush"}, project)

    assert "hush" not in repr(settings)
    assert "hush" not in settings.model_dump_json()
    field = "profile"
    with pytest.raises(ValidationError):
        setattr(settings, field, "other")
