"""Both engines compute every table from the same random and awkward rows; the rows that they give are compared.

`python -m tests.equal_rows --seeds 200` does so at length, the test of this folder with few seeds.
"""
