"""What stands around the routes: every request is counted and timed, and whoever may not ask, or asks too often, is turned away."""

import time
from collections.abc import Awaitable, Callable, MutableMapping
from math import ceil
from typing import Any

from starlette.responses import JSONResponse

from ml.serving.limits import Buckets, Keys
from ml.serving.metrics import Metrics

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]
KEY = "X-API-Key"
# What may be asked without a key: nothing of them tells of a user.
OPEN = frozenset({"/health", "/ready", "/metrics", "/docs", "/openapi.json"})


class Counted:
    """Counts each request by the route that took it, with its status and time."""

    def __init__(self, app: App, metrics: Metrics) -> None:
        """Around `app`."""
        self._app, self._metrics = app, metrics

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        began, status = time.perf_counter(), 500

        async def noted(message: MutableMapping[str, Any]) -> None:
            nonlocal status
            status = message.get("status", status)
            await send(message)

        try:
            await self._app(scope, receive, noted)
        finally:
            route = getattr(scope.get("route"), "path", "other")
            self._metrics.answered(route, status, time.perf_counter() - began)


class Guarded:
    """Lets through who has a key and tokens; 401 and 429 otherwise."""

    def __init__(self, app: App, keys: Keys, buckets: Buckets) -> None:
        """Around `app`."""
        self._app, self._keys, self._buckets = app, keys, buckets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        refusal = self._refusal(scope) if scope["type"] == "http" and scope["path"] not in OPEN else None
        await (refusal or self._app)(scope, receive, send)

    def _refusal(self, scope: Scope) -> App | None:
        given = next((value for name, value in scope["headers"] if name == KEY.lower().encode()), None)
        key = self._keys.whose(given)
        if key is None:
            return _refused(401, f"the header {KEY} does not hold a key of this service", {})
        wait = self._buckets.taken(key)
        return _refused(429, "too many requests of this key", {"Retry-After": str(ceil(wait))}) if wait else None


def _refused(status: int, detail: str, headers: dict[str, str]) -> App:
    made: App = JSONResponse({"detail": detail}, status, headers)
    return made
