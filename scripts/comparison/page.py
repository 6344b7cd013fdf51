"""The self-contained page of a comparison: page.html with its style, script, table and charts put in."""
import html
import json
import pathlib
import string

from comparison import table

FOLDER = pathlib.Path(__file__).resolve().parent
BASE = FOLDER.parent / "page"
MIB = 1 << 20


def chart(kind, title, note, unit, presets, value, text, low=None, high=None):
    """A value for each preset. All are functions of its facts: `text` for people, `low` and `high` for a whisker."""
    low, high = low or value, high or value
    return {"kind": kind, "title": title, "note": note, "unit": unit,
            "labels": [facts["name"] for facts in presets],
            "points": [{"value": value(facts), "low": low(facts), "high": high(facts), "text": text(facts)}
                       for facts in presets]}


def steadiness(presets):
    """How far each round's speed was from its preset's median, in percent."""
    def deviations(facts):
        median = facts["tok_per_s"]["median"]
        return [100 * (one["tok_per_s"] / median - 1) for one in facts["rounds"]]
    return {"kind": "steps", "title": "Steadiness", "unit": "%",
            "note": "speed of each round against the preset's median; presets take turns, so noise shows in all",
            "series": [{"label": facts["name"], "values": deviations(facts)} for facts in presets]}


def charts(presets):
    """What page.js draws, of the presets that were measured."""
    if not presets:
        return []
    return [
        chart("bars", "Share of peak", "of the peak measured in the same process and precision", "%", presets,
              lambda facts: 100 * facts["share_of_peak"]["median"],
              lambda facts: f"{facts['share_of_peak']['median']:.1%}",
              lambda facts: 100 * facts["share_of_peak"]["min"], lambda facts: 100 * facts["share_of_peak"]["max"]),
        chart("dots", "Training speed", "tokens a second of whole optimizer steps; logarithmic", "tok/s", presets,
              lambda facts: facts["tok_per_s"]["median"], lambda facts: f"{facts['tok_per_s']['median']:,.0f} tok/s",
              lambda facts: facts["tok_per_s"]["min"], lambda facts: facts["tok_per_s"]["max"]),
        chart("dots", "Step time", "one optimizer step of one micro-batch; logarithmic", "ms", presets,
              lambda facts: facts["step_ms"]["median"], lambda facts: f"{facts['step_ms']['median']:,.1f} ms",
              lambda facts: facts["step_ms"]["min"], lambda facts: facts["step_ms"]["max"]),
        chart("dots", "Memory plan", "the one allocation, fixed when compiled; logarithmic", "MiB", presets,
              lambda facts: facts["plan_bytes"] / MIB, lambda facts: table.size(facts["plan_bytes"])),
        chart("bars", "Compile time", "the preset's own objects, summed over the jobs of ninja", "s", presets,
              lambda facts: facts["compile_seconds"], lambda facts: f"{facts['compile_seconds']:.1f} s"),
        chart("bars", "Binary", "without debug information", "MiB", presets,
              lambda facts: facts["binary_bytes"] / MIB, lambda facts: table.size(facts["binary_bytes"])),
        steadiness(presets),
    ]


def table_row(cells):
    name, *rest = (html.escape(cell) for cell in cells)
    if len(cells) < len(table.TITLES):
        rest = f'<td class="failed" colspan="{len(table.TITLES) - 1}">{rest[0]}</td>'
    else:
        rest = "".join(f'<td{" class=text" if i < table.TEXT_COLUMNS else ""}>{cell}</td>'
                       for i, cell in enumerate(rest, 1))
    return f'<tr><th scope="row">{name}</th>{rest}</tr>'


def facts_line(comparison):
    peak = comparison["peak"] or {}
    parts = [table.machine_line(comparison)]
    if "f32_gflops" in peak:
        parts.append(f"peak {peak['f32_gflops']:,.0f} GFLOP/s f32")
    if "bf16_gflops" in peak:
        parts.append(f"{peak['bf16_gflops']:,.0f} GFLOP/s bf16 ({peak.get('bf16_unit', '?')})")
    return " · ".join(part for part in parts if part)


def script_json(value):
    """JSON that can stand in a <script>: no text in it ends the element or begins a comment."""
    return json.dumps(value).replace("<", "\\u003c")


def render(comparison, chart_library):
    """The whole page. `chart_library` is what uplot.assets() returns."""
    measured = [facts for facts in comparison["presets"] if "error" not in facts]
    text = {path.name: path.read_text(encoding="utf-8")
            for path in (FOLDER / "page.html", FOLDER / "page.js", BASE / "base.css", BASE / "base.js")}
    return string.Template(text["page.html"]).substitute(
        machine=html.escape(facts_line(comparison)),
        titles="".join(f'<th scope="col"{" class=text" if i < table.TEXT_COLUMNS else ""}>{html.escape(title)}</th>'
                       for i, title in enumerate(table.TITLES)),
        rows="\n".join(table_row(cells) for cells in table.rows(comparison["presets"])),
        style=text["base.css"], script=text["base.js"] + text["page.js"], charts=script_json(charts(measured)),
        library_style=chart_library["style"], library_script=chart_library["script"],
        library_license=chart_library["license"].replace("--", "-"))
