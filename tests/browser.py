"""Our pages in headless Chromium: what is drawn, what hovering says, what the page complains of."""
import contextlib
import html
import http.client
import http.server
import json
import pathlib
import re
import shutil
import subprocess
import sys
import threading
import time

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


def uplot_missing():
    """Why binaries have no page with charts; None when they have."""
    try:
        uplot.fetch()
    except uplot.Unavailable as error:
        return str(error)
    return None


def missing():
    """What tests of pages lack; None when they can run."""
    return "chromium is not installed" if CHROMIUM is None else uplot_missing()


def look(page, folder, *flags):
    """What a browser finds on a page: titles, colours and tips of its charts, problems, and whether it is too wide."""
    copy = folder / "copy.html"
    copy.write_text(page.replace("<head>", "<head>" + COLLECT_ERRORS, 1).replace("</body>", LOOK + "</body>"),
                    encoding="utf-8")
    return found_at(copy.as_uri(), folder, "--virtual-time-budget=5000", *flags)


# Of a page that goes on by itself: what it shows at first, and what when the server says that enough has happened. The
# browser takes a page for loaded, and looks at it, only when its pictures are.
WATCH = """<script>
const shown = () => {
  const row = [...document.querySelectorAll("#runs tr")].find(({cells}) => cells[0].textContent === "steps");
  const canvas = document.querySelector(".uplot canvas");
  return {steps: Number(row?.cells[1].textContent ?? 0), loss: canvas ? canvas.toDataURL() : ""};
};
const first = shown(), waiting = new Image();
waiting.onerror = () => {
  const out = document.createElement("pre");
  out.id = "found";
  out.textContent = JSON.stringify({first, later: shown(), summary: document.querySelector("#summary").textContent,
                                    titles: [...document.querySelectorAll("h2")].map((title) => title.textContent), problems});
  document.body.append(out);
};
waiting.src = "/enough";
document.body.append(waiting);
</script>"""


class Proxy(http.server.BaseHTTPRequestHandler):
    """A live page's server, with what watches the page put in; `/enough` fails when many events have passed."""
    port = None
    enough = None

    def do_GET(self):
        if self.path == "/enough":
            self.enough.wait(60)
            time.sleep(1)  # the page draws a few times a second
            return self.send_error(404)
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        connection.request("GET", self.path)
        response = connection.getresponse()
        self.send_response(response.status)
        self.send_header("Content-Type", response.getheader("Content-Type"))
        self.end_headers()
        if self.path == "/":
            page = response.read().decode().replace("<head>", "<head>" + COLLECT_ERRORS, 1)
            self.wfile.write(page.replace("</body>", WATCH + "</body>").encode())
            return
        seen = 0
        with contextlib.suppress(ConnectionError):  # the browser has seen enough
            for line in response:
                self.wfile.write(line)
                seen += line.startswith(b"event: ")
                if seen == 40:
                    self.enough.set()

    def log_message(self, *_):
        pass


def watch(port, folder):
    """What a browser finds on the live page of 127.0.0.1:`port`, at first and after a while."""
    handler = type("Handler", (Proxy,), {"port": port, "enough": threading.Event()})
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            return found_at(f"http://127.0.0.1:{server.server_address[1]}/", folder)
        finally:
            server.shutdown()


def found_at(address, folder, *flags):
    """What the page there found out about itself."""
    done = subprocess.run([CHROMIUM, "--headless", "--no-sandbox", "--disable-gpu", "--window-size=1280,1000",
                           f"--user-data-dir={folder / 'profile'}", *flags, "--dump-dom", address],
                          capture_output=True, text=True, timeout=120, check=True)
    found = re.search(r'<pre id="found">(.*?)</pre>', done.stdout, re.DOTALL)
    assert found, done.stderr
    return json.loads(html.unescape(found[1]))
