"""Contracts, stitching and refreshes of silver tables on both engines, from the same random and awkward rows of bronze.

`python -m tests.equal_contracts --rows 2000 --seed 7` does so at length, the test of this folder with few rows.
"""
