"""The table of a comparison: the same cells for the terminal and for the page."""


def scaled(value, units, step):
    """1234567 -> "1.23 M": three digits and the largest unit that leaves at least 1 of them."""
    for unit in units[:-1]:
        if abs(value) < step * 0.9995:
            break
        value /= step
    else:
        unit = units[-1]
    digits = 0 if value >= 99.95 else 1 if value >= 9.995 else 2
    return f"{value:.{digits}f} {unit}".strip()


def count(value):
    return str(value) if value < 1000 else scaled(value, ["", "k", "M", "G", "T"], 1000)


def size(value):
    return f"{value} B" if value < 1024 else scaled(value, ["B", "KiB", "MiB", "GiB"], 1024)


def speed(spread):
    return f"{spread['median']:,.0f} ({spread['min']:,.0f}-{spread['max']:,.0f})"


# title, and the text of a preset's facts
COLUMNS = [
    ("preset", lambda facts: facts["name"]),
    ("precision", lambda facts: facts["precision"]),
    ("parameters", lambda facts: count(facts["parameters"])),
    ("FLOPs/token", lambda facts: count(facts["flops_per_token"])),
    ("plan", lambda facts: size(facts["plan_bytes"])),
    ("tok/s (min-max)", lambda facts: speed(facts["tok_per_s"])),
    ("of peak", lambda facts: f"{facts['share_of_peak']['median']:.1%}"),
    ("step", lambda facts: f"{facts['step_ms']['median']:,.1f} ms"),
    ("binary", lambda facts: size(facts["binary_bytes"])),
    ("compile", lambda facts: f"{facts['compile_seconds']:.1f} s"),
]
TEXT_COLUMNS = 2  # the first ones; numbers stand at the right
TITLES = [title for title, _ in COLUMNS]


def rows(presets):
    """The cells of every preset; a preset that failed has two, its name and why."""
    return [[facts["name"], "failed: " + facts["error"]] if "error" in facts
            else [text(facts) for _, text in COLUMNS]
            for facts in presets]


def machine_line(comparison):
    machine = comparison["machine"]
    if not machine:
        return ""
    facts = [machine.get("cpu"), f"{machine.get('cores')} cores", machine.get("target"), machine.get("compiler")]
    return ", ".join(str(fact) for fact in facts if fact)


def as_text(comparison):
    """An aligned table, with the machine above it."""
    body = rows(comparison["presets"])
    whole = [row for row in body if len(row) == len(TITLES)]
    widths = [max(len(row[i]) for row in [TITLES, *whole]) for i in range(len(TITLES))]
    widths[0] = max(len(row[0]) for row in [TITLES, *body])

    def line(row):
        if len(row) < len(TITLES):
            return f"{row[0]:<{widths[0]}}  {row[1]}"
        return "  ".join(f"{cell:<{width}}" if i < TEXT_COLUMNS else f"{cell:>{width}}"
                         for i, (cell, width) in enumerate(zip(row, widths)))

    header = [machine_line(comparison)] if comparison["machine"] else []
    return "\n".join([*header, line(TITLES), *(line(row) for row in body)])
