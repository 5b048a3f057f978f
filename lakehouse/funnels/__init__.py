"""Funnels: `declaration` reads them, `chains` computes chains of events, `explain` lists the actors, `shown` prints them.

On Spark `entrants` computes entrants and the steps that they reached, `counts` counts them by day; `batches` never splits a
group.
"""
