"""What runs transforms: the Spark session, its settings, its Java, its jars, and the code that its executors import."""
