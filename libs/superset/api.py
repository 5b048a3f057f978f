"""A client of Superset's REST API: log in, import and export assets, query rows, clear the cache.

https://superset.apache.org/docs/api
"""

import io
import json
import zipfile
from collections.abc import Mapping, Sequence
from typing import Any

import requests

from libs.errors import InputError

TIMEOUT_SECONDS = 300
PAGE = 100
LOGGED_IN = "X-CSRFToken"


class SupersetError(InputError):
    """Superset can't be reached or refuses a request; the message is one line."""


class Superset:
    """A session of one user, which logs in again when it has expired; `http` sends its requests.

    Raises SupersetError when Superset does not answer or the password is wrong.
    """

    def __init__(self, address: str, user: str, password: str) -> None:
        self.address = address.rstrip("/")
        self._given = {"username": user, "password": password, "provider": "db", "refresh": False}
        self._log_in()

    def _log_in(self) -> None:
        self.http = requests.Session()
        token = self.post("security/login", self._given)["access_token"]
        self.http.headers["Authorization"] = f"Bearer {token}"
        self.http.headers["Referer"] = self.address
        self.http.headers[LOGGED_IN] = self.get("security/csrf_token/")["result"]

    def get(self, path: str, **parameters: Any) -> Any:
        """What `GET /api/v1/<path>` answers."""
        return self._answer("GET", path, params=parameters)

    def post(self, path: str, content: Mapping[str, Any]) -> Any:
        """The answer of `POST /api/v1/<path>` to `content`."""
        return self._answer("POST", path, json=content)

    def put(self, path: str, content: Mapping[str, Any]) -> Any:
        """The answer of `PUT /api/v1/<path>` to `content`."""
        return self._answer("PUT", path, json=content)

    def listed(self, kind: str, columns: Sequence[str] = ()) -> list[dict[str, Any]]:
        """Every object of a kind (chart, dashboard, dataset, security/roles, ...), page by page."""
        found: list[dict[str, Any]] = []
        while True:
            asked = {"page": len(found) // PAGE, "page_size": PAGE, **({"columns": list(columns)} if columns else {})}
            answer = self.get(f"{kind}/", q=json.dumps(asked))
            ids = answer.get("ids", [])
            found += [{"id": i, **row} for i, row in zip(ids, answer["result"], strict=True)] if ids else answer["result"]
            if len(found) >= answer["count"] or not answer["result"]:
                return found

    def import_assets(self, files: Mapping[str, str]) -> None:
        """Import databases, datasets, charts and dashboards from `files`; existing ones are overwritten."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as bundle:
            for path, text in sorted(files.items()):
                bundle.writestr(f"assets/{path}", text)
        self._answer("POST", "assets/import/", files={"bundle": ("assets.zip", packed.getvalue(), "application/zip")})

    def export_assets(self) -> dict[str, str]:
        """Every database, dataset, chart and dashboard as Superset exports it, by path."""
        answer = self._sent("GET", "assets/export/")
        with zipfile.ZipFile(io.BytesIO(answer.content)) as bundle:
            return {name.split("/", 1)[1]: bundle.read(name).decode() for name in bundle.namelist()}

    def empty_cache(self) -> int:
        """Clear the cached results of every dataset; returns the number of datasets."""
        datasets = [row["id"] for row in self.listed("dataset", ["id"])]
        self.post("cachekey/invalidate", {"datasource_uids": [f"{i}__table" for i in datasets]})
        return len(datasets)

    def _answer(self, method: str, path: str, **given: Any) -> Any:
        answer = self._sent(method, path, **given)
        return answer.json() if answer.content else None

    def _sent(self, method: str, path: str, **given: Any) -> requests.Response:
        answer = self._asked(method, path, **given)
        if answer.status_code == requests.codes.unauthorized and LOGGED_IN in self.http.headers:
            # A token is valid for 15 minutes.
            self._log_in()
            answer = self._asked(method, path, **given)
        if not answer.ok:
            raise SupersetError(f"{method} {self._url(path)} answered {answer.status_code}: {_reason(answer)}")
        return answer

    def _asked(self, method: str, path: str, **given: Any) -> requests.Response:
        try:
            return self.http.request(method, self._url(path), timeout=TIMEOUT_SECONDS, **given)
        except requests.RequestException as error:
            raise SupersetError(f"{self._url(path)} does not answer ({type(error).__name__}): start it with `make up`") from None

    def _url(self, path: str) -> str:
        return f"{self.address}/api/v1/{path}"


def _reason(answer: requests.Response) -> str:
    """Superset's error, as one line."""
    try:
        said = answer.json()
    except requests.JSONDecodeError:
        return answer.reason
    error = said.get("message") or said.get("errors") or said
    return " ".join(json.dumps(error).split())[:1000] if not isinstance(error, str) else error
