"""Great Expectations' Data Docs of one run, readable without a network.

Great Expectations writes a page for each table's validation. As written, they load style, scripts and icons from public
hosts, and the index page is empty without them; no setting changes that. So what a browser would fetch or run is removed
afterwards, a small style added (which shows the icons as characters and hides the batch's internals), and the index page
written here.
"""

import re
import shutil
import tempfile
from html import escape
from pathlib import Path
from typing import Any

from great_expectations.data_context.data_context.abstract_data_context import AbstractDataContext

SITE = "run"
# Everything that a browser fetches or runs by itself; ordinary links remain.
REMOTE = re.compile(
    r"<script.*?</script>|<link[^>]*>|<img[^>]*>|<footer.*?</footer>|url\([^)]*\)|<form.*?</form>", re.DOTALL | re.IGNORECASE
)
STYLE = """<style>
:root{color-scheme:light dark}
body{font:15px/1.5 system-ui,sans-serif;margin:0 auto;max-width:72rem;padding:1rem}
nav{height:auto!important}
h1{font-size:1.4rem}h5{font-size:1.15rem;margin:1rem 0 .25rem}h6{font-size:1rem;margin:1rem 0 .25rem}
table{border-collapse:collapse;width:100%;margin:.5rem 0 1.5rem}
th,td{border-bottom:1px solid #8884;padding:.35rem .6rem;text-align:left;vertical-align:top;overflow-wrap:anywhere}
.collapse,.sticky,.modal,.navbar-brand,button,a[data-toggle=collapse]{display:none}
.breadcrumb,.nav{list-style:none;display:flex;flex-wrap:wrap;gap:.25rem 1rem;padding:0}
i[class*=fa-check]::before,.passed::before{content:"\\2713\\a0";color:#0a7d4f;font-style:normal;font-weight:700}
i[class*=fa-times]::before,.failed::before{content:"\\2717\\a0";color:#c2410c;font-style:normal;font-weight:700}
i[class*=fa-exclamation]::before{content:"!\\a0";color:#c2410c;font-style:normal;font-weight:700}
</style>
</head>"""
INDEX = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Data Docs</title>
</head><body><h1>Expectations of the tables</h1>
<p>Checked by Great Expectations before publication. Where one of severity “fail” is not met, the previous version stays.</p>
<table><thead><tr><th>Table</th><th>Met</th><th>Not met</th></tr></thead><tbody>
{rows}
</tbody></table></body></html>
"""


def write_data_docs(context: AbstractDataContext, folder: Path) -> Path:
    """Write the pages of every validation in `context` to `folder`, replacing its content; return its index page."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(prefix=".data_docs-", dir=folder.parent))
    try:
        _build(context, aside)
        (aside / "index.html").write_text(INDEX.format(rows="\n".join(_index_rows(context))), encoding="utf-8")
        shutil.rmtree(aside / "static", ignore_errors=True)
        for page in aside.rglob("*.html"):
            page.write_text(offline(page.read_text(encoding="utf-8")), encoding="utf-8")
        aside.chmod(0o755)
        shutil.rmtree(folder, ignore_errors=True)
        aside.rename(folder)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return folder / "index.html"


def offline(page: str) -> str:
    """Return the page without anything that a browser would fetch from a host or run."""
    return REMOTE.sub("", page).replace("</head>", STYLE, 1)


def _build(context: AbstractDataContext, folder: Path) -> None:
    for name in list(context.list_data_docs_sites()):
        context.delete_data_docs_site(name)
    # The type of a site's settings lacks some that the site builder takes.
    site: Any = {
        "class_name": "SiteBuilder",
        "show_how_to_buttons": False,
        "store_backend": {"class_name": "TupleFilesystemStoreBackend", "base_directory": str(folder)},
        # Nothing is profiled.
        "site_section_builders": {"profiling": "none"},
        "site_index_builder": {"class_name": "DefaultSiteIndexBuilder"},
    }
    context.add_data_docs_site(SITE, site)
    context.build_data_docs(site_names=[SITE], build_index=False)


def _index_rows(context: AbstractDataContext) -> list[str]:
    store = context.validation_results_store
    rows: list[str] = []
    for key in sorted(store.list_keys(), key=lambda key: key.to_tuple()):
        result: Any = store.get(key)
        page = "/".join(("validations", *key.to_tuple())) + ".html"
        met, unmet = result.statistics["successful_expectations"], result.statistics["unsuccessful_expectations"]
        state = "passed" if result.success else "failed"
        link = f'<a href="{escape(page)}">{escape(result.suite_name)}</a>'
        rows.append(f'<tr><td><span class="{state}"></span>{link}</td><td>{met}</td><td>{unmet}</td></tr>')
    return rows
