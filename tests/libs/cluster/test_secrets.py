"""Secrets are generated once, are private, and missing ones are added."""

import stat
from pathlib import Path

from libs.cluster.secrets import NAMES, kept_secrets
from libs.settings.config import load_settings, secrets_file


def test_they_are_made_once_and_private(tmp_path: Path) -> None:
    made = kept_secrets(tmp_path)

    assert kept_secrets(tmp_path) == made
    assert set(made) == set(NAMES)
    assert all(len(value) == 48 for value in made.values())
    assert stat.S_IMODE(secrets_file(tmp_path).stat().st_mode) == 0o600


def test_a_missing_one_is_added_to_the_others(tmp_path: Path) -> None:
    secrets_file(tmp_path).write_text("S3_ACCESS_KEY=mine\n")

    made = kept_secrets(tmp_path)

    assert made["S3_ACCESS_KEY"] == "mine"
    assert len(made["S3_SECRET_KEY"]) == 48


def test_the_settings_take_them_unless_the_environment_says_otherwise(tmp_path: Path) -> None:
    made = kept_secrets(tmp_path)
    env = {"PROFILE": "cluster", "LAKEHOUSE_CLUSTER": str(tmp_path)}

    stored, given = load_settings(env), load_settings({**env, "S3_SECRET_KEY": "other"})

    assert stored.s3_secret_key is not None and stored.s3_secret_key.get_secret_value() == made["S3_SECRET_KEY"]
    assert given.s3_secret_key is not None and given.s3_secret_key.get_secret_value() == "other"
    assert made["S3_SECRET_KEY"] not in repr(stored)
