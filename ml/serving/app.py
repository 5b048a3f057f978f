"""The routes: each looks up what is in memory, and answers by orjson without checking its own answer."""

from typing import Any

import orjson
from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.security import APIKeyHeader
from starlette.middleware import Middleware
from starlette.middleware.body_limit import RequestBodyLimitMiddleware

from ml.serving.around import KEY, Counted, Guarded
from ml.serving.asked import BadRequest, asked, checked_id
from ml.serving.declaration import Serving
from ml.serving.described import Batch, Customer, Fault, Prediction, body_of_predict, faults
from ml.serving.limits import Buckets, Keys
from ml.serving.loading import CUSTOMERS, RECOMMENDATIONS, TABLES, VALUE, Loaded
from ml.serving.metrics import CONTENT_TYPE, Metrics
from ml.serving.predictions import Predictions
from ml.serving.reloading import Reloading

UNKNOWN = "nothing is known of this user_id"


def application(served: Reloading, serving: Serving, keys: Keys, metrics: Metrics) -> FastAPI:
    """The service as an ASGI application."""
    around = [
        Middleware(Counted, metrics=metrics),
        Middleware(Guarded, keys=keys, buckets=Buckets(serving.requests_per_second, serving.burst)),
        Middleware(RequestBodyLimitMiddleware, max_body_size=serving.body_bytes),
    ]
    app = FastAPI(title="Product-analytics lakehouse", redoc_url=None, swagger_ui_oauth2_redirect_url=None, middleware=around)
    app.add_exception_handler(BadRequest, _bad_request)
    _add_answers(app, served, serving)
    _add_state(app, served, metrics)
    return app


def _add_answers(app: FastAPI, served: Reloading, serving: Serving) -> None:
    # The key is looked for before the route: this tells the page of it.
    described = {"dependencies": [Depends(APIKeyHeader(name=KEY, auto_error=False))], "response_model": None}

    @app.post(
        "/predict",
        summary="Churn probability, risk band and reasons of one user or several",
        responses={
            200: {"model": Prediction | Batch},
            413: {"description": "The body is beyond the limit"},
            **faults(401, 404, 422, 429, 503),
        },
        openapi_extra=body_of_predict(serving.batch),
        **described,
    )
    async def predict(request: Request) -> Response:
        users = asked(await request.body(), serving.batch)
        predictions = _predictions(served.current)
        if users.is_batch:
            return _json(_batch(predictions, users.users))
        return _json(_known(predictions.of(users.users[0])))

    @app.get(
        "/customers/{user_id:path}",
        summary="Segment, value, recommendations and score of a customer",
        responses={200: {"model": Customer}, **faults(401, 404, 422, 429, 503)},
        **described,
    )
    async def customer(user_id: str) -> Response:
        return _json(_known(_customer(served.current, checked_id(user_id, "user_id"))))


def _add_state(app: FastAPI, served: Reloading, metrics: Metrics) -> None:
    @app.get("/health", summary="Whether the process lives")
    async def health() -> Response:
        return _json({"status": "ok"})

    @app.get("/ready", summary="Whether there are scores to serve", responses={503: {"model": Fault}}, response_model=None)
    async def ready() -> Response:
        predictions = _predictions(served.current)
        return _json({"status": "ready", "model_version": predictions.number, "cutoff": predictions.cutoff})

    @app.get("/metrics", summary="Figures for Prometheus")
    async def figures() -> Response:
        return Response(metrics.text(), media_type=CONTENT_TYPE)


def _predictions(now: Loaded) -> Predictions:
    if now.predictions is None:
        raise HTTPException(503, now.why_not_ready)
    return now.predictions


def _batch(predictions: Predictions, users: list[str]) -> dict[str, Any]:
    found = {user: predictions.of(user) for user in users}
    return {
        "predictions": [found[user] for user in users if found[user]],
        "unknown": [user for user in users if not found[user]],
    }


def _customer(now: Loaded, user_id: str) -> dict[str, Any] | None:
    if not now.parts:
        raise HTTPException(503, now.why_not_ready)
    rows = {name: table.of(user_id) for name in TABLES if (table := now.rows(name)) is not None}
    score = now.predictions.of(user_id) if now.predictions else None
    if score is None and not any(rows.values()):
        return None
    segment, value = (next(iter(rows.get(name, [])), None) for name in (CUSTOMERS, VALUE))
    recommended = rows.get(RECOMMENDATIONS) or None
    return {"user_id": user_id, "segment": segment, "value": value, "recommendations": recommended, "score": score}


def _known(answer: dict[str, Any] | None) -> dict[str, Any]:
    if answer is None:
        raise HTTPException(404, UNKNOWN)
    return answer


def _json(answer: Any, status: int = 200) -> Response:
    return Response(orjson.dumps(answer), status, media_type="application/json")


async def _bad_request(request: Request, error: Exception) -> Response:
    return _json({"detail": str(error)}, 422)
