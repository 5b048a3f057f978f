"""What a request asks for, read from its body or path; whatever else it holds is refused in words."""

from dataclasses import dataclass
from typing import Any

import orjson

from ml.serving.declaration import LONGEST_ID

ID_WANTED = f"a text of 1 to {LONGEST_ID} characters"


class BadRequest(Exception):
    """A request that can't be answered; the message says what is wrong with it."""


@dataclass(frozen=True)
class Asked:
    """The users of a request, in its order; is_batch: whether they came as a list."""

    users: list[str]
    is_batch: bool


def asked(body: bytes, batch: int) -> Asked:
    """The users that a body `{"user_id": "…"}` or `{"user_ids": ["…", …]}` names, at most `batch`. Raises BadRequest."""
    found = _object(body)
    if set(found) == {"user_id"}:
        return Asked([checked_id(found["user_id"], "user_id")], is_batch=False)
    if set(found) != {"user_ids"}:
        raise BadRequest('the body is an object with either "user_id" or "user_ids", and no other key')
    users = found["user_ids"]
    if not isinstance(users, list) or not 1 <= len(users) <= batch:
        raise BadRequest(f"user_ids: a list of 1 to {batch} ids")
    return Asked([checked_id(user, f"user_ids[{n}]") for n, user in enumerate(users)], is_batch=True)


def checked_id(user_id: Any, where: str) -> str:
    """The user_id, where it may be one. Raises BadRequest."""
    if not isinstance(user_id, str) or not user_id.strip() or len(user_id) > LONGEST_ID:
        raise BadRequest(f"{where}: {ID_WANTED}")
    return user_id


def _object(body: bytes) -> dict[str, Any]:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        raise BadRequest("the body is not JSON") from None
    if not isinstance(found, dict):
        raise BadRequest("the body is not a JSON object")
    return found
