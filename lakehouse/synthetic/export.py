"""One export, chunk by chunk of users: memory is that of a chunk, whatever the number of users.

Each chunk has its own random stream, so a larger export begins with the same users as a smaller one.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from lakehouse.synthetic.behaviour import clean_rows, draw_behaviour
from lakehouse.synthetic.catalogue import Catalogue, distribution_centers, draw_catalogue
from lakehouse.synthetic.churn import expected_seasonal_days
from lakehouse.synthetic.events import page_uris
from lakehouse.synthetic.flaws import Chunk, delay_events, duplicates, malformed, malformed_rows
from lakehouse.synthetic.parameters import Parameters
from lakehouse.synthetic.rows import Rows, together
from lakehouse.synthetic.seasonality import traffic_clock
from lakehouse.synthetic.sessions import IDENTIFIED_SESSIONS_PER_USER
from lakehouse.synthetic.truth import Truth
from lakehouse.synthetic.users import draw_users, users_truth
from lakehouse.synthetic.writer import ExportWriter

Progress = Callable[[int, int], None]


def generate(parameters: Parameters, out: Path, progress: Progress | None = None) -> dict[str, Any]:
    """Writes an export to the new or empty folder `out` and returns its truth.

    `progress` is called after each chunk with the number of users done and in total. Raises OutputError when `out` is not
    empty; after any error, nothing is left in it.
    """
    with ExportWriter(out, parameters) as writer:
        generator = _Generator(parameters, writer)
        for chunk in range(parameters.chunks):
            generator.write_chunk(chunk)
            if progress:
                progress(min((chunk + 1) * parameters.users_per_chunk, parameters.users), parameters.users)
        report = generator.truth.report(writer.rows_by_folder)
        writer.write_truth("truth.json", json.dumps(report, indent=1) + "\n")
    return report


class _Generator:
    """State shared by chunks: the catalogue, the traffic, the ids used so far and the sums of the truth."""

    def __init__(self, parameters: Parameters, writer: ExportWriter) -> None:
        self.truth = Truth(parameters)
        self._parameters = parameters
        self._writer = writer
        shared, *self._chunk_seeds = np.random.SeedSequence(parameters.seed).spawn(1 + parameters.chunks)
        self._catalogue: Catalogue = draw_catalogue(np.random.default_rng(shared))
        self._uris = page_uris(self._catalogue)
        self._clock = traffic_clock(parameters)
        # A user's first session is the sign-up; the rate is such that the others make up the average.
        self._session_rate = (IDENTIFIED_SESSIONS_PER_USER - 1) / expected_seasonal_days(self._clock)
        self._given_ids: dict[str, int] = {}
        for name, table in (("products", self._catalogue.table), ("distribution_centers", distribution_centers())):
            writer.write_shared(name, table)
            self.truth.add_rows(name, table.num_rows, 0)

    def write_chunk(self, number: int) -> None:
        """Draws the users of a chunk and their behaviour, and writes the rows, clean and malformed."""
        rng = np.random.default_rng(self._chunk_seeds[number])
        clean = self._clean_rows(rng, number)
        chunk = Chunk(number, self._parameters)
        clean["events"] = delay_events(rng, clean["events"], chunk)
        self.truth.add_late(clean["events"])
        spoiled = malformed(rng, clean, self._ids("malformed", malformed_rows(clean, chunk)))
        for kind, rows in spoiled:
            self.truth.add_malformed(kind, rows.count)
        for table, rows in clean.items():
            copies = duplicates(rng, rows, table, chunk)
            self.truth.add_rows(table, rows.count, copies.count)
            flawed = [spoiled_rows for kind, spoiled_rows in spoiled if kind.table == table]
            self._writer.write(table, together([rows, copies, *flawed]), number)

    def _clean_rows(self, rng: np.random.Generator, number: int) -> dict[str, Rows]:
        first_id = number * self._parameters.users_per_chunk + 1
        count = min(self._parameters.users_per_chunk, self._parameters.users - first_id + 1)
        users = draw_users(rng, self._clock, first_id, count, self._session_rate)
        self._writer.write_truth(f"users-{number:05d}.parquet", users_truth(users))
        behaviour = draw_behaviour(rng, self._clock, self._catalogue, users)
        self.truth.add_traffic(users, behaviour.sessions, behaviour.events)
        self.truth.add_orders(behaviour.orders, self._catalogue)
        ids = {table: self._ids(table, count) for table, count in behaviour.id_counts.items()}
        return clean_rows(rng, behaviour, ids, self._catalogue, self._uris)

    def _ids(self, table: str, count: int) -> np.ndarray:
        """The next `count` ids of a table, from 1 on across chunks."""
        first = self._given_ids.get(table, 0) + 1
        self._given_ids[table] = first + count - 1
        return np.arange(first, first + count)
