"""What the service answers: the scores that the batch job would publish, what is known of customers, and refusals in words."""

import http.client
import json
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql.pandas.types import to_arrow_schema

from libs.settings.config import Settings
from libs.store.published import Published
from ml.gold import churn_features, churn_scores
from ml.registry.tracking import tracked
from ml.registry.versions import CHAMPION, by_alias
from ml.scoring.udf import scores
from tests.ml.serving.lakehouses import DAYS, settings_of, write, write_features
from tests.ml.serving.running import Running, running

pytest.importorskip("fastapi")
pytest.importorskip("mlflow")


def expected(settings: Settings) -> dict[str, dict[str, Any]]:
    """The newest rows by the function that the batch job scores with, all at once."""
    with tracked(settings) as client:
        champion = by_alias(client, CHAMPION)
    rows = Published.of(settings).arrow(churn_features.TABLE.name).to_table()
    newest = rows.filter([day == DAYS[2] for day in rows["cutoff"].to_pylist()])
    schema = to_arrow_schema(churn_scores.TABLE.schema, timezone="UTC")
    scored = scores(newest, champion.model, champion.model.loaded(), champion.number, datetime(2025, 3, 1, tzinfo=UTC), schema)
    return {row["user_id"]: row for row in scored.to_pylist()}


def test_predictions_are_those_of_the_batch_job(made: Settings, served: Running) -> None:
    found = expected(made)
    users = list(found)
    answers = [
        p for n in range(0, len(users), 100) for p in served.predict({"user_ids": users[n : n + 100]}).json()["predictions"]
    ]
    assert len(answers) == len(users) == 600
    for answer in answers:
        row = found[answer["user_id"]]
        assert answer["churn_probability"] == pytest.approx(row["churn_probability"], abs=1e-12)
        assert answer["reasons"] == [row["reason_1"], row["reason_2"], row["reason_3"]]
        assert (answer["risk_band"], answer["model_version"], answer["cutoff"]) == (row["risk_band"], "1", "2025-03-01")
    assert len({answer["churn_probability"] for answer in answers}) > 100
    one = served.predict({"user_id": "u7"})
    assert one.status_code == 200 and one.json() == answers[users.index("u7")]


def test_only_the_newest_cutoff_is_served(copied: Settings, serve: Callable[..., Running]) -> None:
    write_features(copied, 3, DAYS[1])
    service = serve()
    assert service.predict({"user_id": "u1"}).json()["cutoff"] == "2025-03-01"
    write_features(copied, 3, date(2025, 4, 1))
    service.look()
    assert service.predict({"user_id": "u1"}).json()["cutoff"] == "2025-04-01"
    assert service.predict({"user_id": "u9"}).status_code == 404, "who is not active any more has no score"


def test_a_batch_is_answered_in_its_order_and_names_who_is_unknown(served: Running) -> None:
    answer = served.predict({"user_ids": ["u3", "nobody", "u2", "u3"]}).json()
    assert [p["user_id"] for p in answer["predictions"]] == ["u3", "u2", "u3"]
    assert answer["unknown"] == ["nobody"]


@pytest.mark.parametrize("user_id", ["nobody", "u", "u0 ", "\x00", "ü\U0001f600", "' or 1=1", "a" * 200])
def test_an_unknown_user_is_404(served: Running, user_id: str) -> None:
    answer = served.predict({"user_id": user_id})
    assert (answer.status_code, answer.json()) == (404, {"detail": "nothing is known of this user_id"})


BAD: list[tuple[Any, str]] = [
    (b"", "not JSON"),
    (b"{", "not JSON"),
    (b'{"user_id": "\xff"}', "not JSON"),
    (b'{"user_id": NaN}', "not JSON"),
    (b"[" * 10_000, "not JSON"),
    (["u1"], "not a JSON object"),
    ("u1", "not a JSON object"),
    (None, "not JSON"),
    ({}, "either"),
    ({"user": "u1"}, "either"),
    ({"user_id": "u1", "user_ids": ["u1"]}, "either"),
    ({"user_id": "u1", "more": 1}, "either"),
    ({"user_id": ""}, "user_id: a text of 1 to 200 characters"),
    ({"user_id": "  "}, "user_id: a text of 1 to 200 characters"),
    ({"user_id": "a" * 201}, "user_id: a text of 1 to 200 characters"),
    ({"user_id": 7}, "user_id: a text of 1 to 200 characters"),
    ({"user_id": None}, "user_id: a text of 1 to 200 characters"),
    ({"user_ids": []}, "user_ids: a list of 1 to 100 ids"),
    ({"user_ids": "u1"}, "user_ids: a list of 1 to 100 ids"),
    ({"user_ids": ["u1"] * 101}, "user_ids: a list of 1 to 100 ids"),
    ({"user_ids": ["u1", 2]}, "user_ids[1]: a text of 1 to 200 characters"),
]


@pytest.mark.parametrize(("body", "said"), BAD)
def test_a_bad_body_is_422_and_says_what_is_wrong(served: Running, body: Any, said: str) -> None:
    answer = served.predict(body)
    assert answer.status_code == 422
    assert said in answer.json()["detail"]


def _pieces(size: int) -> Iterator[bytes]:
    yield from (b" " * 1000 for _ in range(size // 1000))


def test_a_body_beyond_the_limit_is_413_with_or_without_its_length(served: Running) -> None:
    assert served.predict(b" " * 70_000).status_code == 413
    assert _chunked(served, 70_000) == 413
    assert _chunked(served, 60_000) == 422, "below the limit it is read, and is no JSON"
    assert served.predict({"user_id": "u1"}).status_code == 200


def _chunked(served: Running, size: int) -> int:
    connection = http.client.HTTPConnection(served.url.removeprefix("http://"), timeout=30)
    connection.request("POST", "/predict", body=_pieces(size), encode_chunked=True, headers={"Transfer-Encoding": "chunked"})
    status = connection.getresponse().status
    connection.close()
    return status


def test_a_length_that_lies_does_not_get_past_the_limit(served: Running) -> None:
    connection = http.client.HTTPConnection(served.url.removeprefix("http://"), timeout=30)
    connection.request("POST", "/predict", headers={"Content-Length": "99999999999"})
    assert connection.getresponse().status == 413
    connection.close()


def test_a_customer_has_all_that_is_known(served: Running) -> None:
    answer = served.get("/customers/u0").json()
    assert answer["segment"] == {"rfm_segment": "champions", "engagement_tier": "high"}
    assert answer["value"] == {
        "expected_purchases": 1.5,
        "expected_value": 20.25,
        "probability_alive": 0.75,
        "horizon_days": 90,
    }
    assert answer["recommendations"] == [
        {"rank": 1, "product_id": "p1", "score": 0.75},
        {"rank": 2, "product_id": "p2", "score": 0.5},
    ]
    assert answer["score"] == served.predict({"user_id": "u0"}).json()


def test_a_part_that_is_not_known_is_null(served: Running) -> None:
    no_score = {"user_id": "only/a buyer", "value": None, "recommendations": None, "score": None}
    assert served.get("/customers/only%2Fa%20buyer").json() == {
        **no_score,
        "segment": {"rfm_segment": "lost", "engagement_tier": "high"},
    }
    scored_only = served.get("/customers/u5").json()
    assert scored_only["score"]["user_id"] == "u5" and scored_only["segment"] is None
    assert served.get("/customers/nobody").status_code == 404
    assert [served.get(f"/customers/{name}").status_code for name in ("", "%20", "a" * 201)] == [422] * 3


def test_tables_that_do_not_exist_leave_null_parts(copied: Settings, serve: Callable[..., Running]) -> None:
    for name in ("customer_value", "recommendations", "customer_metrics"):
        shutil.rmtree(Path(copied.lakehouse_root) / "gold" / name)
    service = serve()
    answer = service.get("/customers/u0").json()
    assert answer.pop("score")["user_id"] == "u0"
    assert answer == {"user_id": "u0", "segment": None, "value": None, "recommendations": None}
    assert service.get("/ready").status_code == 200


def test_without_a_champion_it_lives_is_not_ready_and_says_why(tmp_path: Path) -> None:
    bare = settings_of(tmp_path / "bare")
    with running(bare) as service:
        reason = {"detail": "there is no champion of churn_prediction: run `make train`; the first version becomes champion"}
        assert service.get("/health").status_code == 200
        for answer in (service.get("/ready"), service.predict({"user_id": "u1"}), service.get("/customers/u1")):
            assert (answer.status_code, answer.json()) == (503, reason)
        assert service.predict({"user_id": ""}).status_code == 422
        assert not (tmp_path / "bare").exists(), "who only reads makes nothing"
        assert service.said == [reason["detail"]] and service.look() == [], "a fault is said once"
    with running(bare, is_loaded=False) as service:
        assert "being loaded" in service.get("/ready").json()["detail"]


def test_decimals_and_missing_numbers_are_json(copied: Settings, serve: Callable[..., Running]) -> None:
    columns = {
        "user_id": pa.array(["u0"]),
        "expected_value": pa.array([Decimal("12.50")], pa.decimal128(12, 2)),
        "expected_purchases": pa.array([None], pa.float64()),
        "probability_alive": pa.array([float("nan")]),
        "horizon_days": pa.array([30], pa.int32()),
    }
    write(copied, "gold.customer_value", pa.table(columns))
    assert serve().get("/customers/u0").json()["value"] == {
        "expected_value": 12.5,
        "expected_purchases": None,
        "probability_alive": None,
        "horizon_days": 30,
    }


def test_requests_are_counted_by_route_and_status(serve: Callable[..., Running]) -> None:
    service = serve()
    service.predict({"user_id": "u1"})
    service.predict({"user_id": "u2"})
    service.predict({"user_id": "nobody"})
    service.predict(b"x" * 70_000)
    service.get("/customers/u1")
    service.get("/nowhere")
    of = 'lakehouse_requests_total{{route="{}",status="{}"}}'
    assert service.metric(of.format("/predict", 200)) == 2
    assert service.metric(of.format("/predict", 404)) == service.metric(of.format("/predict", 413)) == 1
    assert service.metric(of.format("/customers/{user_id:path}", 200)) == service.metric(of.format("other", 404)) == 1
    assert service.metric('lakehouse_request_seconds_count{route="/predict"}') == 4
    assert service.metric('lakehouse_model_version{version="1"}') == 1
    assert service.metric("lakehouse_scored_users") == 600
    age = (datetime.now(UTC) - datetime(2025, 3, 1, tzinfo=UTC)).total_seconds()
    assert service.metric("lakehouse_features_age_seconds") == pytest.approx(age, abs=60)
    assert service.metric('lakehouse_reloads_total{result="loaded"}') == 5


def test_the_page_describes_what_is_answered(served: Running) -> None:
    assert "swagger" in served.get("/docs").text
    described = served.get("/openapi.json").json()
    assert {"/predict", "/customers/{user_id}", "/health", "/ready", "/metrics"} == set(described["paths"])
    fields = set(described["components"]["schemas"]["Prediction"]["properties"])
    assert fields == set(served.predict({"user_id": "u1"}).json())
    customer = served.get("/customers/u0").json()
    schemas = described["components"]["schemas"]
    for name, part in {"Customer": customer, "Segment": customer["segment"], "Value": customer["value"]}.items():
        assert set(schemas[name]["properties"]) == set(part)
    assert json.dumps(described).count("X-API-Key") == 1
