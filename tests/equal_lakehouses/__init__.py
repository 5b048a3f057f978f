"""Random lakehouses built on both engines, by turns too, and compared table by table."""
