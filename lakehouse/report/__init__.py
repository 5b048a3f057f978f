"""The report page of a run: one HTML file that needs no network and no script.

`data` reads the gold tables, aggregated, into small pandas frames; `figures` computes the key figures; `charts` lays out
what is drawn; `plots` and `sections` are the parts of the page; `page` renders and writes.
"""

from lakehouse.report.data import About, ReportData, read_report_data
from lakehouse.report.page import build_report

__all__ = ["About", "ReportData", "build_report", "read_report_data"]
