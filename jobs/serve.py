"""Serves the champion's scores, and what is known of customers, over HTTP, until it is stopped (SIGTERM, Ctrl-C).

Exit status: 0 stopped, 1 it can't be started, 2 wrong usage.
"""

import argparse
from collections.abc import Sequence

from jobs.entry import leave, run_job
from libs.packages.optional import require
from libs.settings.config import Settings, load_settings


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the job with command-line `arguments` and return its exit status."""
    parser = argparse.ArgumentParser(prog="serve", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--port", type=int, metavar="N", help="by default serving.port of conf/models.yaml; 0 for any that is free"
    )
    asked = parser.parse_args(arguments)
    if asked.port is not None and not 0 <= asked.port <= 65535:
        parser.error("--port: 0 to 65535")
    return run_job("serve", lambda: _serve(load_settings(), asked.port))


def _serve(settings: Settings, port: int | None) -> int:
    for module in ("fastapi", "uvicorn", "orjson", "prometheus_client", "xgboost", "mlflow"):
        require(module, "serve", "serving")
    from ml.declared import declared
    from ml.serving.server import serve

    serving = declared(settings).serving
    given = serving if port is None else serving.model_copy(update={"port": port})
    serve(settings, given, lambda line: print(f"serve: {line}", flush=True))
    return 0


if __name__ == "__main__":
    leave(main())
