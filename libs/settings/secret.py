"""Secrets: from the environment, or generated at random on first use and stored in a private file; never in a log."""

import os
import secrets
from pathlib import Path

from pydantic import SecretStr

from libs.settings.config import Settings


def pseudonym_key(settings: Settings) -> SecretStr:
    """Return the key of the keyed hashes: `LAKEHOUSE_PSEUDONYM_KEY`, else the one stored in `var/secrets`.

    Generated at random on first use, readable only by its owner. Without it new rows can't be linked to old pseudonyms.
    """
    if settings.pseudonym_key is not None:
        return settings.pseudonym_key
    return kept_secret(settings.project_root / "var" / "secrets" / "pseudonym_key")


def kept_secret(file: Path) -> SecretStr:
    """Return the secret in `file`, which is generated with 256 random bits and mode 600 when missing."""
    file.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not file.exists():
        _create(file, secrets.token_hex(32))
    return SecretStr(file.read_text().strip())


def _create(file: Path, value: str) -> None:
    """Written to a temporary file, then linked: of two processes at once the first wins, and neither reads half a key."""
    aside = file.with_name(f".{file.name}.{os.getpid()}")
    with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as out:
        out.write(value + "\n")
    try:
        os.link(aside, file)
    except FileExistsError:
        pass
    finally:
        aside.unlink()
