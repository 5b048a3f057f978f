"""The Spark session that runs transforms, its settings, Java and jars, and the code that its executors import."""
