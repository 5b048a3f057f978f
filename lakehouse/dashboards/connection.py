"""Superset as the environment says where it is and who may in: SUPERSET_URL, else the loopback address and SUPERSET_PORT."""

from collections.abc import Mapping

from libs.errors import InputError
from libs.superset.api import Superset, SupersetError


def address(env: Mapping[str, str]) -> str:
    """Where Superset is."""
    return env.get("SUPERSET_URL") or f"http://127.0.0.1:{env.get('SUPERSET_PORT') or 8088}"


def password(env: Mapping[str, str], user: str) -> str:
    """The password of Superset's user `admin` or `viewer`; raises InputError when the environment does not say it."""
    variable = f"SUPERSET_{user.upper()}_PASSWORD"
    if not env.get(variable):
        raise InputError(f"{variable} is not set: it is the password of Superset's user {user}")
    return env[variable]


def administrator(env: Mapping[str, str]) -> Superset:
    """A session of Superset's administrator; raises InputError when it can't be had."""
    return Superset(address(env), "admin", password(env, "admin"))


def forget_kept_answers(env: Mapping[str, str]) -> str | None:
    """Empty Superset's cache after a refresh, where there is a Superset; returns what to say when that failed."""
    if not env.get("SUPERSET_ADMIN_PASSWORD"):
        return None
    try:
        administrator(env).empty_cache()
    except SupersetError as error:
        return f"dashboards may show the numbers before this run for a day: {error}"
    return None
