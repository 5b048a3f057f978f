"""The variables that the services are started with: ports, addresses, programs, folders and secrets."""

import os
import sys
from collections.abc import Mapping

from libs.cluster.definition import Service
from libs.cluster.programs import minio_program, postgres_programs
from libs.cluster.secrets import kept_secrets
from libs.engines.jars import jars_folder, spark_home
from libs.engines.spark_conf import jar_groups
from libs.settings.config import ConfigError, Settings, secrets_file

# What a program needs of the environment that it was started from.
PASSED_ON = ("PATH", "HOME", "LANG", "JAVA_HOME", "TMPDIR", "CONF", "LAKEHOUSE_CLUSTER", "SSL_CERT_FILE", "USER")


def variables(settings: Settings) -> dict[str, str]:
    """Every variable that a service or a job of this cluster may be given; secrets are made where there are none."""
    if settings.s3 is None or settings.workers is None:
        raise ConfigError(f"profile {settings.profile} has no s3 and workers: the local cluster needs PROFILE=cluster")
    secrets = kept_secrets(settings.cluster_folder)
    ports = {f"{name.upper()}_PORT": str(port) for name, port in settings.ports.items()}
    ports |= {f"LAKEHOUSE_PORT_{name.upper()}": str(port) for name, port in settings.ports.items()}
    database = f"postgresql+psycopg2://superset:{secrets['SUPERSET_DATABASE_PASSWORD']}@127.0.0.1:{settings.ports['postgres']}"
    return {
        **secrets,
        **ports,
        "PROFILE": settings.profile,
        "S3_ENDPOINT": settings.s3.endpoint,
        "S3_REGION": settings.s3.region,
        "SPARK_WORKER_CORES": str(settings.workers.cores),
        "SPARK_WORKER_MEMORY": settings.workers.memory,
        "SUPERSET_DATABASE_URI": f"{database}/superset",
        "THRIFT_HOST": "127.0.0.1",
    }


def known_environment(settings: Settings) -> Mapping[str, str]:
    """This process's environment, and beneath it what the services of the local cluster were started with, where it was."""
    if settings.s3 is None or not secrets_file(settings.cluster_folder).exists():
        return os.environ
    return {**variables(settings), **os.environ}


def native_environment(settings: Settings, service: Service, known: Mapping[str, str]) -> dict[str, str]:
    """What `service` is started with on this machine: its own variables of those `known`, and where its programs are."""
    missing = [name for name in service.variables if name not in known]
    if missing:
        raise ConfigError(f"docker/compose.yaml: services.{service.name}.environment: nothing gives {', '.join(missing)}")
    return {
        **{name: os.environ[name] for name in PASSED_ON if name in os.environ},
        **programs(settings),
        **{name: value for name, value in known.items() if name.startswith("LAKEHOUSE_PORT_")},
        **{name: known[name] for name in service.variables},
        **service.fixed,
    }


def programs(settings: Settings) -> dict[str, str]:
    """Where the programs of the services are on this machine."""
    root, folder = settings.project_root, settings.cluster_folder
    return {
        "PROJECT_ROOT": str(root),
        "LAKEHOUSE_PROJECT_ROOT": str(root),
        "PYTHONPATH": str(root),
        "CLUSTER_DIR": str(folder),
        "PYTHON": sys.executable,
        "SPARK_HOME": str(spark_home()),
        "JARS_DIR": str(jars_folder(jar_groups(settings), root=root)),
        "POSTGRES_BIN": str(postgres_programs(folder / "postgres" / "data")),
        "MINIO": str(minio_program(root)),
        "SUPERSET_VENV": str(root / ".superset-venv"),
    }
