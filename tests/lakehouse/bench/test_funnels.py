import json
import random
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from pyspark.sql import SparkSession

from lakehouse.bench import clickhouse
from lakehouse.bench.funnels import EVENTS, main, reached
from libs.store.published import Published
from tests.libs.store.declaring import declaring
from tests.stores import store_at

SCHEMA = """event_id string, user_id string, anonymous_id string, session_id string, event_type string, occurred_at timestamp,
    sequence_number bigint, product_id string"""
START = datetime(2025, 1, 1, tzinfo=UTC)


def test_both_sides_answer_the_same_question(
    spark: SparkSession, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    draw = random.Random(5)
    moments = draw.sample(range(40 * 24 * 60), 600)
    rows = []
    for number, minute in enumerate(moments):
        actor, kind = draw.randrange(12), draw.choices(["view", "add_to_cart", "purchase", "page_view"], [3, 2, 2, 1])[0]
        user, visitor = (str(actor), None) if actor % 3 else (None, str(actor))
        at = START + timedelta(minutes=minute)
        product = draw.choice(["7", None])
        rows.append((str(number), user, visitor, f"{actor}-{at:%d}", kind, at, None, product))
    store = store_at(str(tmp_path), spark)
    store.append(*declaring(EVENTS, spark.createDataFrame(rows, SCHEMA).repartition(3)))

    ours = reached(store.read(EVENTS))

    assert ours == clickhouse.reached(clickhouse.pattern(Published(str(tmp_path))), threads=1)
    monkeypatch.setenv("LAKEHOUSE_ENGINE", store.engine)
    main(tmp_path)
    assert json.loads(capsys.readouterr().out)["counts"] == ours
    assert ours["month"][0] == 12 and ours["session"][0] > ours["session"][1] > ours["session"][2] > 0
