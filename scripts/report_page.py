#!/usr/bin/env python3
"""report_page.py OUTPUT: the page of `report`, self-contained but for the runs, whose place is marked by @@RUNS@@. Empty,
with a warning, where uPlot is not to be had: everything but that command works without."""
import pathlib
import string
import sys

import uplot

ROOT = pathlib.Path(__file__).resolve().parents[1]
BASE = ROOT / "scripts" / "page"
PAGE = ROOT / "src" / "report" / "page"


def read(*paths):
    return "".join(path.read_text(encoding="utf-8") for path in paths)


def render(library):
    return string.Template(read(PAGE / "report.html")).substitute(
        style=read(BASE / "base.css", PAGE / "report.css"), script=read(BASE / "base.js", PAGE / "report.js"),
        library_style=library["style"], library_script=library["script"],
        library_license=library["license"].replace("--", "-"))


def main():
    try:
        page = render(uplot.assets())
    except uplot.Unavailable as error:
        print(f"warning: the command `report` will not be available: {error}", file=sys.stderr)
        page = ""
    pathlib.Path(sys.argv[1]).write_text(page, encoding="utf-8")


main()
