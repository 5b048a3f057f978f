"""Bringing tables up to date: each is computed from the parts of its sources that changed since it last looked.

`state` is what a table's commit says of its sources, `derived` refreshes tables made by a transform, `merged` those fed
by contracts, `quarantine` keeps the rejected rows, `publication` checks and writes, `pipeline` runs all in order.
"""
