"""How good a model is on held-out time: figures with intervals, calibration, lift, segments."""
