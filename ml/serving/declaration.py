"""Section `serving` of conf/models.yaml: where the service listens, how often it looks for what is new, and what it bears."""

from pydantic import Field

from ml.section import Section

# Of a user_id, in characters: a longer one is nobody's.
LONGEST_ID = 200


class Serving(Section):
    """What the service does.

    host: the address it listens on; without API keys 127.0.0.1 whatever it says. reload_seconds: between two looks for a new
    champion or new versions of the tables. body_bytes: of a request, at most. requests_per_second: of one API key, `burst` of them at
    once. batch: users of one request.
    """

    host: str = Field(default="127.0.0.1", min_length=1)
    port: int = Field(default=8000, ge=0, le=65535)
    reload_seconds: float = Field(default=30, gt=0, le=86_400)
    body_bytes: int = Field(default=65_536, ge=256, le=16_777_216)
    requests_per_second: float = Field(default=1000, gt=0)
    burst: int = Field(default=1000, ge=1)
    batch: int = Field(default=100, ge=1, le=10_000)
