// Draws what `report` put into #run-data: [{name, facts: {key: text}, settings: {key: text}, config, columns: {step, ...},
// samples: [{step, prompt, text}]}]. Columns are equally long; what was not measured at a step is null.
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
    return {plot, chart: u};
  }

  function table() {
    const header = element("tr");
    header.append(element("th", "", "text"), ...runs.map(({name}) => element("th", name)));
    document.querySelector("#runs thead").append(header);
    const body = document.querySelector("#runs tbody");
    const row = (key, texts, differs) => {
      const made = element("tr", "", differs ? "differs" : "");
      made.append(element("th", key, "text"), ...texts.map((text) => element("td", text ?? "\u2013")));
      body.append(made);
    };
    const all = (part) => [...new Set(runs.flatMap((run) => Object.keys(run[part])))];
    for (const key of all("facts")) row(key, runs.map((run) => run.facts[key]), false);
    for (const key of all("settings")) {
      const texts = runs.map((run) => run.settings[key]);
      if (new Set(texts).size > 1) row(key, texts, true);
    }
  }

  function texts() {
    for (const run of runs) {
      const shown = element("details");
      shown.append(element("summary", `${run.name}: config.toml`), element("pre", run.config));
      find("configurations").append(shown);
      if (run.samples.length === 0) continue;
      find("samples").hidden = false;
      const list = element("details");
      list.open = runs.length === 1;
      list.append(element("summary", run.name));
      for (const {step, prompt, text} of run.samples) {
        const sample = element("p", "", "sample");
        sample.append(element("b", `step ${step}: `), element("mark", prompt), text.slice(prompt.length));
        list.append(sample);
      }
      find("samples").append(list);
    }
  }

  let axis = AXES[0], drawn = [];
  function drawAll() {
    for (const {chart} of drawn) chart.destroy();
    find("charts").replaceChildren();
    drawn = CHARTS.filter((spec) => runs.some((run) => has(run, spec.key))).map((spec) => draw(spec, axis));
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

  find("title").textContent = runs.length === 1 ? runs[0].name : `${runs.length} runs compared`;
  find("summary").textContent = runs.length === 1 ? "one training run" : runs.map(({name}) => name).join(" · ");
  document.title = `${find("title").textContent} · Diecast`;
  table();
  choice();
  texts();
  drawAll();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  addEventListener("resize", () => {
    for (const {plot, chart} of drawn) chart.setSize({width: plot.clientWidth, height: HEIGHT});
  });
})();
