"""Definitions that metrics share: revenue, calendar periods, RFM scores, breakdowns."""
