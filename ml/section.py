"""What every section of conf/models.yaml is."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """One section of the file: frozen, every key has a default, and no others are known."""

    model_config = ConfigDict(frozen=True, extra="forbid")
