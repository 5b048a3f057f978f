"""Runs a job by `spark-submit`: the code as a zip, the settings as a file of properties, the keys in the environment."""

import os
import subprocess
from collections.abc import Sequence

from libs.engines.code import packed_code
from libs.engines.process import prepare_process
from libs.engines.spark_conf import spark_conf
from libs.errors import InputError
from libs.settings.config import Settings


def submit(settings: Settings, job: str, arguments: Sequence[str]) -> int:
    """Run `jobs/<job>.py` on the settings' master and return its exit status.

    Raises InputError when there is no such job, JarsError or JavaError when what Spark needs can't be had.
    """
    script = settings.project_root / "jobs" / f"{job}.py"
    if not script.is_file():
        raise InputError(f"JOB={job}: there is no such job; see jobs/")
    prepare_process(settings)
    properties = settings.cluster_folder / "submit.conf"
    properties.parent.mkdir(parents=True, exist_ok=True)
    properties.write_text("".join(f"{key} {value}\n" for key, value in spark_conf(settings).items()))
    command = [f"{os.environ['SPARK_HOME']}/bin/spark-submit", "--properties-file", str(properties)]
    command += ["--py-files", str(packed_code(settings)), str(script), *arguments]
    env = os.environ | {"LAKEHOUSE_PROJECT_ROOT": str(settings.project_root), "PROFILE": settings.profile}
    # The zip is what the driver imports too, so that both ends run the same code.
    env.pop("PYTHONPATH", None)
    return subprocess.run(command, env=env, check=False).returncode
