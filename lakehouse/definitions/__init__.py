"""What metrics mean, once: revenue, calendar periods, RFM scores, breakdowns."""
