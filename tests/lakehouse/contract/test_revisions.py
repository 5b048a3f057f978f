"""A changed contract reaches the rows that it made before: through a revision, which whoever changes the code decides on."""

from lakehouse.catalogue.digest import digest
from lakehouse.catalogue.discovery import catalogue
from lakehouse.contract.conform import conform
from lakehouse.contract.loading import load_sources
from lakehouse.contract.outcome import accepted, judged, latest, rejected, wins
from lakehouse.contract.repeats import by_repeats
from lakehouse.contract.revisions import JUDGING, PARSING, PSEUDONYMS, revisions_of
from lakehouse.identity import known, stitching
from libs.settings.project import PROJECT_ROOT
from libs.tables import DATE, MONEY, STRING, TIMESTAMP

# The code as it was when its revisions were last decided on.
CONTRACT = (conform, accepted, by_repeats, judged, latest, rejected, wins)
IDENTITY = (stitching.as_given, stitching.stitched, stitching.arrived, stitching.recomputed, known.known_anew)
REVIEWED = {"contract": "8ced9ad2b8ba29d2", "identity": "ca1c08bc66d1cf85"}


def test_who_changes_the_code_of_contracts_decides_whether_stored_rows_were_wrong() -> None:
    now = {"contract": digest(*CONTRACT), "identity": digest(*IDENTITY)}
    assert now == REVIEWED, (
        "this code changed: where it gives other rows than before, raise the number of the part in "
        f"lakehouse/contract/revisions.py or STITCHING in lakehouse/identity; then record {now} as REVIEWED here"
    )


def test_a_feed_uses_the_revisions_of_its_types_of_judging_and_of_pseudonyms_where_it_hashes() -> None:
    thelook = load_sources([PROJECT_ROOT / "conf" / "sources" / "thelook.yaml"])["thelook"]
    users, products = (thelook.tables[name].feeds[name] for name in ("users", "products"))
    of_users = revisions_of(users, catalogue()["silver.users"].table)
    of_products = revisions_of(products, catalogue()["silver.products"].table)
    assert {"judging", "pseudonyms", f"parsing {STRING}", f"parsing {TIMESTAMP}"} <= set(of_users)
    assert set(of_products) == {"judging", f"parsing {STRING}", f"parsing {MONEY}"}
    assert f"parsing {DATE}" not in of_users


def test_every_part_has_a_number() -> None:
    assert all(number >= 1 for number in (*PARSING.values(), JUDGING, PSEUDONYMS))
    fed = {c.type for entry in catalogue().values() if entry.table.layer == "silver" for c in entry.table.columns}
    assert fed <= set(PARSING)
