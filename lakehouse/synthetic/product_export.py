"""One export of product events, chunk by chunk of users: memory is that of a chunk, whatever the number of users."""

import json
from pathlib import Path
from typing import Any

import numpy as np

from lakehouse.synthetic.export import Progress
from lakehouse.synthetic.flaws import Chunk, delay_events, duplicates
from lakehouse.synthetic.parameters import Parameters
from lakehouse.synthetic.product_events import draw_product_events, product_rows
from lakehouse.synthetic.product_flaws import malformed_events
from lakehouse.synthetic.product_truth import TABLE, ProductTruth
from lakehouse.synthetic.product_visits import draw_visits
from lakehouse.synthetic.rows import together
from lakehouse.synthetic.writer import ExportWriter


def generate_product_events(parameters: Parameters, out: Path, progress: Progress | None = None) -> dict[str, Any]:
    """Writes product events to the new or empty folder `out`, as `lakehouse.synthetic.export.generate` does, and returns their truth.

    The truth includes the user of each anonymous id (truth/identities-*.parquet), null for those who stay visitors and for
    browsers that several users share.
    """
    with ExportWriter(out, parameters) as writer:
        truth, next_event, next_flaw = ProductTruth(parameters), 1, 1
        for number, seed in enumerate(np.random.SeedSequence(parameters.seed).spawn(parameters.chunks)):
            events, flaws = _write_chunk(
                np.random.default_rng(seed), writer, truth, Chunk(number, parameters), next_event, next_flaw
            )
            next_event, next_flaw = next_event + events, next_flaw + flaws
            if progress:
                progress(min((number + 1) * parameters.users_per_chunk, parameters.users), parameters.users)
        report = truth.report(writer.rows_by_folder)
        writer.write_truth("truth.json", json.dumps(report, indent=1) + "\n")
    return report


def _write_chunk(
    rng: np.random.Generator, writer: ExportWriter, truth: ProductTruth, chunk: Chunk, next_event: int, next_flaw: int
) -> tuple[int, int]:
    """Draws the users of a chunk and their behaviour, writes the rows, clean and malformed, and returns the number of each."""
    parameters = chunk.parameters
    first_user = chunk.number * parameters.users_per_chunk + 1
    visits = draw_visits(rng, parameters, min(parameters.users_per_chunk, parameters.users - first_user + 1))
    events = draw_product_events(rng, visits)
    is_text = parameters.file_format.startswith("csv")
    clean, whose = product_rows(rng, visits, events, first_user, next_event, amounts_as_text=is_text)
    clean = delay_events(rng, clean, chunk)
    copies = duplicates(rng, clean, TABLE, chunk)
    flaws = chunk.portion(parameters.malformed, clean.count)
    spoiled = malformed_events(rng, clean, np.arange(next_flaw, next_flaw + flaws))
    truth.add_events(visits, events, whose)
    truth.add_rows(clean, copies, spoiled)
    writer.write_truth(f"identities-{chunk.number:05d}.parquet", whose)
    writer.write(TABLE, together([clean, copies, *spoiled.values()]), chunk.number)
    return clean.count, flaws
