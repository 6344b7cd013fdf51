"""Our pages in headless Chromium: what is drawn, what hovering says, what the page complains of."""
import html
import json
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "scripts"))

import uplot  # noqa: E402  (found by the line above)

CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")

# Put into a copy of the page: before everything else, what collects errors; after it, what looks at the charts.
COLLECT_ERRORS = """<script>
window.problems = [];
addEventListener("error", (event) => problems.push(event.message));
for (const level of ["error", "warn"]) console[level] = (...words) => problems.push(words.join(" "));
</script>"""
LOOK = """<script>
const painted = (canvas) => {
  const {data} = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
  const colours = new Set();
  for (let i = 0; i < data.length; i += 4) if (data[i + 3] === 255) colours.add(data.slice(i, i + 3).join());
  return [...colours];
};
const tipOf = (plot) => {
  const over = plot.querySelector(".u-over"), box = over.getBoundingClientRect();
  for (const kind of ["mouseenter", "mousemove"])
    over.dispatchEvent(new MouseEvent(kind, {bubbles: true, clientX: box.left + 5, clientY: box.top + 40}));
  const tip = plot.querySelector(".tip");
  return tip.hidden ? null : tip.textContent;
};
// uPlot paints and moves its cursor in later tasks.
setTimeout(() => {
  const plots = [...document.querySelectorAll(".plot")];
  const found = {titles: [...document.querySelectorAll("h2")].map((title) => title.textContent),
                 colours: plots.map((plot) => painted(plot.querySelector(".uplot canvas"))), tips: plots.map(tipOf),
                 overflow: document.documentElement.scrollWidth > innerWidth, problems};
  const out = document.createElement("pre");
  out.id = "found";
  out.textContent = JSON.stringify(found);
  document.body.append(out);
}, 300);
</script>"""


def missing():
    """What tests of pages lack; None when they can run."""
    if CHROMIUM is None:
        return "chromium is not installed"
    try:
        uplot.fetch()
    except uplot.Unavailable as error:
        return str(error)
    return None


def look(page, folder, *flags):
    """What a browser finds on a page: titles, colours and tips of its charts, problems, and whether it is too wide."""
    copy = folder / "copy.html"
    copy.write_text(page.replace("<head>", "<head>" + COLLECT_ERRORS, 1).replace("</body>", LOOK + "</body>"),
                    encoding="utf-8")
    done = subprocess.run([CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--window-size=1280,1000",
                           f"--user-data-dir={folder / 'profile'}", "--virtual-time-budget=5000", *flags,
                           "--dump-dom", copy.as_uri()], capture_output=True, text=True, timeout=120, check=True)
    found = re.search(r'<pre id="found">(.*?)</pre>', done.stdout, re.DOTALL)
    assert found, done.stderr
    return json.loads(html.unescape(found[1]))
