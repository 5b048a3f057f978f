"""Queries to the Thrift server itself, for `make bench-bi`: one line of JSON with an SQL text in, one with its rows' number out.

THRIFT_HOST and THRIFT_PORT are its address. A process is one user with one connection.
"""

import json
import os
import sys

from pyhive import hive


def main() -> None:
    """Answer line by line until the input ends."""
    connection = hive.connect(os.environ["THRIFT_HOST"], int(os.environ["THRIFT_PORT"]), username="bench")
    cursor = connection.cursor()
    for line in sys.stdin:
        try:
            cursor.execute(json.loads(line))
            answer: dict[str, int | str] = {"rows": len(cursor.fetchall())}
        except Exception as error:
            answer = {"error": str(error)[:500]}
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
