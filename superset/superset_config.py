"""Superset's settings. Everything secret or different between machines comes from the environment, and nothing secret has a default.

Charts' results are cached until a refresh, which clears the cache (`python -m jobs.dashboards --empty-cache`).
"""

import os
import re
from pathlib import Path
from typing import Any

from sqlalchemy.engine.url import URL

SHORTEST_SECRET = 32


def _required(name: str) -> str:
    value = os.environ.get(name, "")
    if not value:
        raise SystemExit(f"superset: the environment variable {name} is not set")
    return value


def _secret(name: str) -> str:
    value = _required(name)
    if len(value) < SHORTEST_SECRET or re.search("change.?me|secret|default", value, re.IGNORECASE):
        raise SystemExit(f"superset: {name} must be random and of {SHORTEST_SECRET} characters or more")
    return value


SECRET_KEY = _secret("SUPERSET_SECRET_KEY")
GUEST_TOKEN_JWT_SECRET = _secret("SUPERSET_GUEST_TOKEN_JWT_SECRET")
# Asynchronous queries are off; if they were switched on, no default secret would sign their tokens.
GLOBAL_ASYNC_QUERIES_JWT_SECRET = GUEST_TOKEN_JWT_SECRET
SQLALCHEMY_DATABASE_URI = _required("SUPERSET_DATABASE_URI")

DATA_DIR = str(Path(_required("PROJECT_ROOT")) / "var" / "superset")
UPLOAD_FOLDER = str(Path(DATA_DIR) / "uploads")

# --- The lakehouse -------------------------------------------------------------------------------------------------
# Dashboards name the database `spark://thrift-server`, whose address differs between machines.
THRIFT_ADDRESS = (_required("THRIFT_HOST"), int(_required("THRIFT_PORT")))


def DB_CONNECTION_MUTATOR(uri: URL, params: dict[str, Any], username: str | None, *_: Any) -> tuple[URL, dict[str, Any]]:  # noqa: N802
    """Point the database `spark://thrift-server` at this machine's; the server's log names the user of each query."""
    if uri.get_backend_name() == "spark":
        host, port = THRIFT_ADDRESS
        uri = uri.set(host=host, port=port, username=username or "superset")
    return uri, params


# Schemas that queries may read. Metric views read silver; bronze and quarantine have personal data.
LAKEHOUSE_SCHEMAS = {"gold", "metrics"}
# A query that calls one of these is refused, in charts too (superset_lakehouse.guard).
DISALLOWED_SQL_FUNCTIONS = {
    "spark": {
        *("java_method", "reflect", "try_reflect"),
        *("input_file_name", "input_file_block_start", "input_file_block_length"),
        *("current_user", "session_user", "user", "version", "current_catalog", "current_database", "current_schema"),
        *("python_worker_logs", "sql_keywords", "collations", "raise_error", "assert_true"),
    }
}
DB_POLL_INTERVAL_SECONDS = {"spark": 0.1}

# --- Limits and caches ---------------------------------------------------------------------------------------------
ROW_LIMIT = 10_000
SAMPLES_ROW_LIMIT = 100
SQL_MAX_ROW = 10_000
DISPLAY_MAX_ROW = 10_000
TABLE_VIZ_MAX_ROW_SERVER = 10_000
DEFAULT_SQLLAB_LIMIT = 1_000
SUPERSET_WEBSERVER_TIMEOUT = 120
SQLLAB_TIMEOUT = 60

# One folder for all caches: Superset's own call clears only its general cache, and the results of charts are in the data
# cache. All server processes share it; only its owner can read it.
_CACHE = {
    "CACHE_TYPE": "FileSystemCache",
    "CACHE_DIR": str(Path(DATA_DIR) / "cache"),
    "CACHE_DEFAULT_TIMEOUT": 24 * 3600,
    "CACHE_THRESHOLD": 20_000,
    "CACHE_OPTIONS": {"mode": 0o600},
}
CACHE_CONFIG = _CACHE
DATA_CACHE_CONFIG = _CACHE
STORE_CACHE_KEYS_IN_METADATA_DB = True
FILTER_STATE_CACHE_CONFIG = {**_CACHE, "CACHE_DIR": str(Path(DATA_DIR) / "filters"), "CACHE_DEFAULT_TIMEOUT": 90 * 24 * 3600}
EXPLORE_FORM_DATA_CACHE_CONFIG = {**_CACHE, "CACHE_DIR": str(Path(DATA_DIR) / "explore"), "CACHE_DEFAULT_TIMEOUT": 7 * 24 * 3600}

# --- Access --------------------------------------------------------------------------------------------------------
PUBLIC_ROLE_LIKE = None
AUTH_USER_REGISTRATION = False
FAB_ADD_SECURITY_API = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
WTF_CSRF_ENABLED = True
# Five attempts to log in per second and address.
RATELIMIT_ENABLED = True
AUTH_RATE_LIMITED = True
AUTH_RATE_LIMIT = "5 per second"
RATELIMIT_APPLICATION = "500 per second"
PREVENT_UNSAFE_DB_CONNECTIONS = True
# Pages load nothing from other hosts: no maps, fonts or trackers.
TALISMAN_ENABLED = True
TALISMAN_CONFIG = {
    "content_security_policy": {
        "base-uri": ["'self'"],
        "default-src": ["'self'"],
        "img-src": ["'self'", "blob:", "data:"],
        "worker-src": ["'self'", "blob:"],
        "connect-src": ["'self'"],
        "object-src": "'none'",
        "style-src": ["'self'", "'unsafe-inline'"],
        "script-src": ["'self'", "'strict-dynamic'"],
    },
    "content_security_policy_nonce_in": ["script-src"],
    "force_https": False,
    "session_cookie_secure": False,
}

FEATURE_FLAGS = {"DASHBOARD_RBAC": False, "EMBEDDED_SUPERSET": False}
APP_NAME = "Product analytics"
