"""Funnels: `declaration` reads them, `chains` follows events, `entrants` does so on Spark, `explain` names who is counted."""
