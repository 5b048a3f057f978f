"""Synthetic sources: files in the form of real exports, with the truth that was planted in them.

`export.generate` writes theLook's seven tables. Every figure that a pipeline should find again is known beforehand:
what shoppers do is planted (`seasonality`, `churn`, `shopping`), the flaws are counted (`flaws`), and both are written
to `truth/truth.json` beside the files.
"""
