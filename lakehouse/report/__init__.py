"""The report page of a run: one HTML file that needs no network and no script.

`reading` reads the gold tables, aggregated, into the small pandas frames of `data`; `figures` computes the key figures;
`charts` and `sankey` compute the geometry; `plots`, `judged`, `funnels`, `heat_maps`, `customers` and `sections` are the
parts of the page; `page` renders and writes it.
"""

from lakehouse.report.data import About, ReportData
from lakehouse.report.page import build_report
from lakehouse.report.reading import read_report_data

__all__ = ["About", "ReportData", "build_report", "read_report_data"]
