"""All settings, typed and frozen. `libs.settings.config` reads them."""

import datetime
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, NonNegativeInt, PositiveInt, SecretStr

Memory = Annotated[str, Field(pattern=r"^\d+[kmgKMG]$")]


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)


class SparkSettings(_Strict):
    """The Spark session's settings; memory as Spark writes it ("4g")."""

    master: str
    driver_memory: Memory
    shuffle_partitions: PositiveInt
    snapshot_partitions: PositiveInt
    few_rows: NonNegativeInt
    catalog: Literal["hive", "in-memory"]
    java_options: str = ""
    quick_below: Memory
    conf: Mapping[str, str] = {}


class ThriftSettings(_Strict):
    """Settings of the Thrift server's Spark that differ from a job's."""

    master: str
    driver_memory: Memory
    conf: Mapping[str, str] = {}


class WorkerSettings(_Strict):
    """Resources of each worker of the local cluster."""

    cores: PositiveInt
    memory: Memory


class S3Settings(_Strict):
    """An object store that speaks S3."""

    endpoint: str
    region: str


class Settings(_Strict):
    """Everything that differs between environments. Paths are absolute; `lakehouse_root` is a path or a URL (`s3a://…`).

    engine: what computes the tables; native_memory: the most memory that the native engine's queries may take together.
    s3: the store of tables whose `lakehouse_root` is a URL; lease_database: the PostgreSQL that locks them for one writer;
    cluster_folder: data, secrets and state of the local cluster's services.
    """

    project_root: Path
    overlay: Path | None = None
    profile: str
    lakehouse_root: str
    report_path: Path
    lock_wait_seconds: float = Field(ge=0)
    free_disk_gigabytes: float = Field(ge=0)
    as_of: datetime.date | None = None
    engine: Literal["auto", "native", "spark"]
    native_memory: Memory | None = None
    ports: Mapping[str, int] = {}
    spark: SparkSettings
    thrift: ThriftSettings | None = None
    workers: WorkerSettings | None = None
    s3: S3Settings | None = None
    lease_database: str | None = None
    metastore_uri: str | None = None
    mlflow_uri: str | None = None
    cluster_folder: Path
    pseudonym_key: SecretStr | None = None
    lease_password: SecretStr | None = None
    s3_access_key: SecretStr | None = None
    s3_secret_key: SecretStr | None = None
    api_keys: SecretStr | None = None

    def conf_file(self, name: str) -> Path | None:
        """Return the declaration file `conf/<name>` (the overlay's, if it has one), or None when neither exists."""
        return self.conf_files(name).get(name)

    def conf_files(self, pattern: str) -> dict[str, Path]:
        """Return the declaration files that match `pattern` ("sources/*.yaml"), by name relative to `conf/`, sorted.

        A file in the overlay folder replaces the one of the same name, or is added.
        """
        found: dict[str, Path] = {}
        for folder in filter(None, (self.project_root / "conf", self.overlay)):
            found |= {path.relative_to(folder).as_posix(): path for path in folder.glob(pattern) if path.is_file()}
        return dict(sorted(found.items()))
