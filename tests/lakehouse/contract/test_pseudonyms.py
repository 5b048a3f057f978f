import hashlib
import hmac
import io
from contextlib import redirect_stdout

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from lakehouse.contract.pseudonyms import pseudonym, with_pads


@pytest.mark.parametrize("key", ["k", "a key of more than the sixty-four bytes of one block of SHA-256, so hashed"])
def test_a_pseudonym_is_the_hmac_of_the_value_without_blanks_in_lower_case(spark: SparkSession, key: str) -> None:
    rows = spark.createDataFrame([("Ann@Example.org ",), ("zoë",), ("",), (None,)], "email string")
    hashed = with_pads(rows, key).select("email", pseudonym(F.col("email")).alias("hash"))

    def expected(text: str) -> str:
        return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()

    assert {row.email: row.hash for row in hashed.collect()} == {
        "Ann@Example.org ": expected("ann@example.org"),
        "zoë": expected("zoë"),
        "": None,
        None: None,
    }


def test_a_plan_does_not_show_the_key(spark: SparkSession) -> None:
    rows = spark.createDataFrame([("a",)], "email string")
    printed = io.StringIO()
    with redirect_stdout(printed):
        with_pads(rows, "secret").select(pseudonym(F.col("email"))).explain(extended=True)
    pad = bytes(b ^ 0x36 for b in b"secret").hex()
    assert "_inner_pad" in printed.getvalue()
    assert "secret" not in printed.getvalue()
    assert pad not in printed.getvalue().lower()
