"""The churn model as an artifact, in MLflow's registry: versions, the champion and its challengers."""
