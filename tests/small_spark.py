"""A Spark that starts quickly and is quick with few rows."""

from libs.settings.config import Settings


def small(settings: Settings, lasts: bool = False) -> Settings:
    """The settings with a tiny Spark, whose catalog is in memory; one that `lasts` compiles its code well."""
    changed = {
        "master": "local[2]",
        "driver_memory": "2g",
        "shuffle_partitions": 1,
        "snapshot_partitions": 1,
        "catalog": "in-memory",
        # Short-lived code over few rows: compiling it quickly, or not at all, halves the time of a test run.
        # Planning once saves a seventh of it: adapting a plan to sizes while it runs is left to the cluster's tests.
        "conf": {
            "spark.sql.codegen.wholeStage": "false",
            "spark.sql.codegen.factoryMode": "NO_CODEGEN",
            "spark.sql.adaptive.enabled": "false",
        },
        "java_options": f"{'' if lasts else '-XX:TieredStopAtLevel=1 '}-XX:ReservedCodeCacheSize=512m -XX:+UseSerialGC",
    }
    return settings.model_copy(update={"spark": settings.spark.model_copy(update=changed)})
