"""What a published table's numbers were made from, for who explains them."""

from collections.abc import Mapping

from lakehouse.catalogue.declarations import Declaration
from lakehouse.catalogue.entry import Entry
from lakehouse.refresh.items import digests_of
from lakehouse.refresh.state import State, state_of
from libs.errors import InputError
from libs.store.reader import Reader


def current_state(tables: Reader, entry: Entry, declarations: Mapping[str, Declaration]) -> State:
    """The state of the table, whose rows of the items in `declarations` were made by the present code and declarations.

    Raises InputError when the table does not exist, or was made by other code or declarations.
    """
    name, state = entry.table.name, state_of(tables, entry.table.name)
    if state is None or state.as_of is None:
        raise InputError(f"{name} does not exist yet: run python -m jobs.refresh")
    now = digests_of(declarations)
    known = all(state.declared.get(kind, {}).get(item) == made for kind, items in now.items() for item, made in items.items())
    if state.code != entry.code or not known:
        raise InputError(f"{name} was made with other declarations or code than the present: run python -m jobs.refresh")
    return state
