"""Synthetic sources: files in the form of real exports, with their ground truth.

`export.generate` writes theLook's seven tables. Every figure that a pipeline should compute is known: the behaviour of
shoppers is planted (`seasonality`, `churn`, `shopping`), the flaws are counted (`flaws`), and both are written to
`truth/truth.json` in the same folder.
"""
