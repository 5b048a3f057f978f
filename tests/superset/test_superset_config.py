"""Superset does not start without its own secrets."""

import runpy
from typing import Any

import pytest

from libs.settings.project import PROJECT_ROOT

GIVEN = {
    "SUPERSET_SECRET_KEY": "k9Zq3mXw7Lp2Rt8Vb5Nc1Yd6Hf4Gj0As",
    "SUPERSET_GUEST_TOKEN_JWT_SECRET": "Qw8Er6Ty4Ui2Op0As9Df7Gh5Jk3Lz1Xc",
    "SUPERSET_DATABASE_URI": "postgresql+psycopg2://superset@db/superset",
    "PROJECT_ROOT": "/project",
    "THRIFT_HOST": "thrift",
    "THRIFT_PORT": "10000",
}


def settings(monkeypatch: pytest.MonkeyPatch, **changed: str) -> dict[str, Any]:
    for name, value in {**GIVEN, **changed}.items():
        monkeypatch.setenv(name, value)
    return runpy.run_path(str(PROJECT_ROOT / "superset" / "superset_config.py"))


@pytest.mark.parametrize("name", GIVEN)
def test_nothing_has_a_default(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    with pytest.raises(SystemExit, match=f"{name} is not set"):
        settings(monkeypatch, **{name: ""})


@pytest.mark.parametrize("weak", ["short", "CHANGE_ME_TO_A_COMPLEX_RANDOM_SECRET", "test-guest-secret-change-me-now-please"])
@pytest.mark.parametrize("name", ["SUPERSET_SECRET_KEY", "SUPERSET_GUEST_TOKEN_JWT_SECRET"])
def test_a_weak_or_shipped_secret_is_refused_and_not_printed(monkeypatch: pytest.MonkeyPatch, name: str, weak: str) -> None:
    with pytest.raises(SystemExit) as stopped:
        settings(monkeypatch, **{name: weak})
    assert f"{name} must be random" in str(stopped.value)
    assert weak not in str(stopped.value)


def test_the_database_is_where_this_machine_has_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from sqlalchemy.engine.url import make_url

    mutate = settings(monkeypatch)["DB_CONNECTION_MUTATOR"]
    uri, _ = mutate(make_url("spark://thrift-server:10000/gold"), {}, "ann", None, None)
    assert str(uri) == "spark://ann@thrift:10000/gold"
    other = make_url("postgresql://db/x")
    assert mutate(other, {}, "ann", None, None)[0] == other


def test_pages_load_nothing_from_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    policy = settings(monkeypatch)["TALISMAN_CONFIG"]["content_security_policy"]
    assert "http" not in str(policy)
