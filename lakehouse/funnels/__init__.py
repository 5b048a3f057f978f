"""Funnels: `declaration` reads them, `chains` follows events, `explain` names who is counted, `shown` prints it.

On Spark `entrants` finds who enters and how far they come, `counts` counts them by day; `batches` keeps groups together.
"""
