// Draws what is in #run-data: [{name, preset, settings: {key: text}, config, columns: {step, ...}, samples: [{step, prompt,
// text}], machine, profile}]. Columns are equally long; what was not measured at a step is null, as are machine and profile
// of runs that have none. A run that goes on has the address of its `events`, too.
(() => {
  const HEIGHT = 260;  // CSS pixels
  const {css, seriesColour, seriesDash, element, number, swatch, tooltip, axes, legend} = page;
  const runs = JSON.parse(document.getElementById("run-data").textContent);
  const find = (id) => document.getElementById(id);

  const AXES = [
    {key: "step", label: "Steps", unit: ""},
    {key: "tokens", label: "Tokens", unit: ""},
    {key: "wall_s", label: "Time", unit: "s"},
  ];
  const CHARTS = [
    {title: "Training loss", note: "each logged step, and the exponential mean of them", key: "loss", smooth: true, wide: true},
    {title: "Validation loss", note: "over the validation set", key: "val_loss", points: true},
    {title: "Bits per byte", note: "over the validation set; comparable between tokenizers", key: "bits_per_byte", points: true},
    {title: "Learning rate", note: "of the schedule", key: "lr"},
    {title: "Gradient norm", note: "before clipping; logarithmic", key: "grad_norm", logarithmic: true},
    {title: "Speed", note: "whole optimizer steps", key: "tok_per_s", unit: "tok/s", zero: true},
    {title: "Share of peak", note: "of this machine, measured", key: "mfu", unit: "%", factor: 100, zero: true},
    {title: "Waiting for data", note: "share of the time", key: "data_wait", unit: "%", factor: 100, zero: true},
  ];

  const has = (run, key) => (run.columns[key] ?? []).some((value) => value != null);

  // Over about a fortieth of the points; without the pull of a start at 0.
  function smoothed(values) {
    const keep = 1 - 1 / Math.max(2, values.length / 40);
    let sum = 0, weight = 0;
    return values.map((value) => {
      sum = keep * sum + (1 - keep) * value;
      weight = keep * weight + (1 - keep);
      return sum / weight;
    });
  }

  // uPlot wants one list of x for all series.
  function joined(axis, spec) {
    const factor = spec.factor ?? 1;
    const tables = runs.filter((run) => has(run, spec.key)).map((run) => {
      const kept = run.columns[axis.key].map((x, i) => [x, run.columns[spec.key][i]])
        .filter(([x, y]) => x != null && y != null && (!spec.logarithmic || y > 0));
      kept.sort((a, b) => a[0] - b[0]);
      const xs = kept.map(([x]) => x), ys = kept.map(([, y]) => factor * y);
      return spec.smooth ? [xs, ys, smoothed(ys)] : [xs, ys];
    });
    return uPlot.join(tables);
  }

  function lines(spec) {
    const series = [];
    runs.forEach((run, i) => {
      if (!has(run, spec.key)) return;
      const common = {stroke: () => seriesColour(i), dash: seriesDash(i), spanGaps: true, run: i};
      const points = {show: Boolean(spec.points), size: 6, fill: () => seriesColour(i)};
      if (spec.smooth) series.push({...common, alpha: 0.3, width: 1, points: {show: false}});
      series.push({...common, width: 2, points, told: true});
    });
    return series;
  }

  function fill(box, u, index, axis, spec) {
    box.append(element("b", `${axis.label.replace(/s$/, "").toLowerCase()} ${number(u.data[0][index])} ${axis.unit}`.trim()));
    u.series.forEach((series, i) => {
      if (!series.told) return;
      let at = index;
      while (at > 0 && u.data[i][at] == null) --at;  // runs log at steps of their own
      if (u.data[i][at] == null) return;
      const line = element("div");
      line.append(swatch(series.run), `${runs[series.run].name} ${number(u.data[i][at])} ${spec.unit ?? ""}`);
      box.append(line);
    });
  }

  function draw(spec, axis) {
    const figure = element("figure", "", spec.wide ? "wide" : "");
    const caption = element("figcaption"), plot = element("div", "", "plot");
    caption.append(element("h2", spec.title), element("p", spec.note));
    figure.append(caption, ...(runs.length > 1 ? [legend(runs.map(({name}) => name))] : []), plot);
    find("charts").append(figure);
    let u = null;
    const tip = tooltip((box, index) => fill(box, u, index, axis, spec));
    const y = spec.logarithmic ? {distr: 3} : spec.zero ? {range: (_, low, high) => [0, 1.1 * high || 1]} : {};
    const [bottom, left] = axes(spec.unit ?? "", {values: (_, marks) => marks.map((mark) => `${number(mark)} ${axis.unit}`)},
                                spec.logarithmic);
    u = new uPlot({
      width: plot.clientWidth, height: HEIGHT, legend: {show: false}, padding: [12, 12, 0, 0], plugins: [tip],
      cursor: {y: false, drag: {x: true, y: false}, points: {show: true}},
      scales: {x: {time: false}, y}, axes: [bottom, left], series: [{}, ...lines(spec)],
    }, joined(axis, spec), plot);
    return {spec, plot, chart: u};
  }

  function clock(seconds) {
    const part = (value) => String(Math.floor(value) % 60).padStart(2, "0");
    return `${Math.floor(seconds / 3600)}:${part(seconds / 60)}:${part(seconds)}`;
  }

  // What one looks for first; a fact that was not logged is left out.
  function factsOf(run) {
    const facts = {preset: run.preset};
    const add = (name, key, choose, write) => {
      const numbers = (run.columns[key] ?? []).filter((value) => value != null);
      if (numbers.length > 0) facts[name] = write(choose(numbers));
    };
    const last = (all) => all.at(-1), least = (all) => all.reduce((a, b) => Math.min(a, b));
    const median = (all) => [...all].sort((a, b) => a - b)[Math.floor(all.length / 2)];
    const digits = (count) => (value) => value.toFixed(count);
    add("steps", "step", last, digits(0));
    add("tokens", "tokens", last, digits(0));
    add("last training loss", "loss", last, digits(4));
    add("best validation loss", "val_loss", least, digits(4));
    add("best bits per byte", "bits_per_byte", least, digits(4));
    add("median tok/s", "tok_per_s", median, digits(0));
    add("median share of peak", "mfu", median, (value) => `${(100 * value).toFixed(1)} %`);
    add("time", "wall_s", last, clock);
    if (run.machine) {
      const {cpu, cores, threads, target, compiler, precision, peak_gflops} = run.machine;
      facts.machine = `${cpu}, ${cores} ${cores === 1 ? "core" : "cores"}`;
      facts.threads = `${threads}, ${target}, ${compiler}`;
      facts["measured peak"] = `${peak_gflops.toFixed(0)} GFLOP/s in ${precision}`;
    }
    return facts;
  }

  function table() {
    const header = element("tr");
    header.append(element("th", "", "text"), ...runs.map(({name}) => element("th", name)));
    document.querySelector("#runs thead").replaceChildren(header);
    const body = document.querySelector("#runs tbody");
    body.replaceChildren();
    const row = (key, texts, differs) => {
      const made = element("tr", "", differs ? "differs" : "");
      made.append(element("th", key, "text"), ...texts.map((text) => element("td", text ?? "\u2013")));
      body.append(made);
    };
    const facts = runs.map(factsOf);
    for (const key of new Set(facts.flatMap(Object.keys))) row(key, facts.map((of) => of[key]), false);
    for (const key of new Set(runs.flatMap(({settings}) => Object.keys(settings)))) {
      const texts = runs.map((run) => run.settings[key]);
      if (new Set(texts).size > 1) row(key, texts, true);
    }
  }

  // A step's time by layer, as bars: what a profile of some steps says.
  function budget(run) {
    const made = element("table"), head = element("tr"), body = element("tbody");
    for (const text of ["layer", "forward", "backward", "ms", "share"])
      head.append(element("th", text, text === "layer" ? "text" : ""));
    const milliseconds = (value) => value == null ? "" : value.toFixed(3);
    const row = (name, forward, backward, ms, share) => {
      const line = element("tr"), bar = element("td", "", "share"), mark = element("i");
      mark.style.width = `${Math.max(0, Math.min(1, share)) * 100}%`;
      bar.append(mark, `${(100 * share).toFixed(1)} %`);
      line.append(element("th", name, "text"), element("td", milliseconds(forward)), element("td", milliseconds(backward)),
                  element("td", milliseconds(ms)), bar);
      body.append(line);
    };
    for (const {layer, forward_ms, backward_ms, share} of run.profile.layers)
      row(layer, forward_ms, backward_ms, forward_ms + backward_ms, share);
    for (const {part, ms, share} of run.profile.parts) row(part, null, null, ms, share);
    const header = element("thead"), scroll = element("div", "", "scroll");
    header.append(head);
    made.append(header, body);
    scroll.append(made);
    return scroll;
  }

  function budgets() {
    const profiled = runs.filter(({profile}) => profile);
    find("budget").hidden = profiled.length === 0;
    find("budgets").replaceChildren(...profiled.map((run) => {
      const shown = element("details");
      shown.open = runs.length === 1;
      const {step_ms, steps} = run.profile;
      shown.append(element("summary", `${run.name}: ${step_ms.toFixed(2)} ms a step, of ${steps} steps`), budget(run));
      return shown;
    }));
  }

  function show(list, {step, prompt, text}) {
    const sample = element("p", "", "sample");
    sample.append(element("b", `step ${step}: `), element("mark", prompt), text.slice(prompt.length));
    list.append(sample);
  }

  function samples() {
    const sampled = runs.filter((run) => run.samples.length > 0);
    find("samples").hidden = sampled.length === 0;
    find("sample-lists").replaceChildren(...sampled.map((run) => {
      const list = element("details");
      list.open = runs.length === 1;
      list.append(element("summary", run.name));
      for (const sample of run.samples) show(list, sample);
      return list;
    }));
  }

  function configurations() {
    for (const run of runs) {
      const shown = element("details");
      shown.append(element("summary", `${run.name}: config.toml`), element("pre", run.config));
      find("configurations").append(shown);
    }
  }

  let axis = AXES[0], drawn = [];
  const drawable = () => CHARTS.filter((spec) => runs.some((run) => has(run, spec.key)));

  function drawAll() {
    for (const {chart} of drawn) chart.destroy();
    find("charts").replaceChildren();
    drawn = drawable().map((spec) => draw(spec, axis));
  }

  // The charts with what has come, at the part that was zoomed into.
  function redraw() {
    const specs = drawable();
    if (specs.length !== drawn.length || drawn.some(({spec}, i) => spec !== specs[i])) return drawAll();
    for (const {spec, chart} of drawn) {
      const xs = chart.data[0], {min, max} = chart.scales.x;
      chart.setData(joined(axis, spec), min <= xs[0] && max >= xs.at(-1));
    }
  }

  function choice() {
    for (const each of AXES) {
      const button = element("button", each.label);
      button.type = "button";
      button.setAttribute("role", "radio");
      button.setAttribute("aria-checked", String(each === axis));
      button.addEventListener("click", () => {
        axis = each;
        for (const other of find("axis").children) other.setAttribute("aria-checked", String(other === button));
        drawAll();
      });
      find("axis").append(button);
    }
  }

  // A line of metrics: a step that is there already gets what it has not.
  function add(run, line) {
    const steps = run.columns.step, last = steps.length - 1;
    if (line.step < steps[last]) return;
    const at = line.step === steps[last] ? last : last + 1;
    for (const [key, column] of Object.entries(run.columns))
      if (at > last || line[key] != null) column[at] = line[key] ?? null;
  }

  // A run that goes on tells what happens; it is drawn a few times a second at most.
  function follow(run) {
    const source = new EventSource(run.events);
    let waiting = null;
    const later = () => { waiting ??= setTimeout(() => { waiting = null; table(); redraw(); }, 300); };
    const on = (name, act) => source.addEventListener(name, ({data}) => act(JSON.parse(data)));
    on("metrics", (line) => { add(run, line); later(); });
    on("profile", (profile) => { run.profile = profile; budgets(); });
    on("sample", (sample) => {
      if (run.samples.some(({step, prompt}) => step === sample.step && prompt === sample.prompt)) return;
      run.samples.push(sample);
      samples();
    });
    on("reload", () => location.reload());
    on("end", () => { source.close(); say("a training run, ended"); });
    source.onopen = () => say("a training run, live");
    source.onerror = () => say("a training run, not reached");
  }

  const say = (text) => { find("summary").textContent = text; };
  find("title").textContent = runs.length === 1 ? runs[0].name : `${runs.length} runs compared`;
  say(runs.length === 1 ? "one training run" : runs.map(({name}) => name).join(" · "));
  document.title = `${find("title").textContent} · Diecast`;
  table();
  choice();
  budgets();
  samples();
  configurations();
  drawAll();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  addEventListener("resize", () => {
    for (const {plot, chart} of drawn) chart.setSize({width: plot.clientWidth, height: HEIGHT});
  });
  if (runs[0].events) follow(runs[0]);
})();
