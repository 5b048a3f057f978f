"""How to reach Superset, from the environment: SUPERSET_URL, else the loopback address and SUPERSET_PORT."""

from collections.abc import Mapping

from libs.errors import InputError
from libs.superset.api import Superset, SupersetError


def address(env: Mapping[str, str]) -> str:
    """Superset's address."""
    return env.get("SUPERSET_URL") or f"http://127.0.0.1:{env.get('SUPERSET_PORT') or 8088}"


def password(env: Mapping[str, str], user: str) -> str:
    """The password of Superset's user `admin` or `viewer`; raises InputError when the environment has none."""
    variable = f"SUPERSET_{user.upper()}_PASSWORD"
    if not env.get(variable):
        raise InputError(f"{variable} is not set; set it to the password of Superset's user {user}")
    return env[variable]


def administrator(env: Mapping[str, str]) -> Superset:
    """A session of Superset's administrator; raises InputError when it can't sign in."""
    return Superset(address(env), "admin", password(env, "admin"))


def forget_kept_answers(env: Mapping[str, str]) -> str | None:
    """Empty Superset's cache after a refresh, where Superset is configured; returns a warning when that failed."""
    if not env.get("SUPERSET_ADMIN_PASSWORD"):
        return None
    try:
        administrator(env).empty_cache()
    except SupersetError as error:
        return f"Superset's cache was not cleared; dashboards may show the previous numbers for a day: {error}"
    return None
