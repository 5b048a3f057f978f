"""Training the churn model: data by cutoffs, XGBoost on the laptop or on a cluster, tuning, and what it is compared with."""
