"use strict";
// Draws what page.py put into #chart-data: "bars" and "dots" have a point for each preset, "steps" a line.
(() => {
  const HEIGHT = 250, DOT = 12;  // CSS pixels
  const NARROW = 5, LEVEL = 10;  // presets that half a row can show, that a row can name without slanting
  const place = document.getElementById("charts");
  const {css, seriesColour, seriesDash, font, number, element, swatch, tooltip, axes, legend} = page;
  const specs = JSON.parse(document.getElementById("chart-data").textContent);

  function options(plot, spec, rest) {
    return {
      width: plot.clientWidth, height: HEIGHT, legend: {show: false}, padding: [20, 8, 0, 0],
      cursor: {x: false, y: false, drag: {x: false, y: false}, points: {show: false}}, ...rest,
    };
  }

  // The range of each point, if the point itself does not hide it, and above it its value in words.
  function annotate(spec) {
    const hidden = spec.kind === "dots" ? DOT : 1;
    return (u) => {
      const {ctx} = u, ratio = devicePixelRatio;
      ctx.save();
      ctx.font = font("600").replace("12px", `${12 * ratio}px`);
      ctx.textAlign = "center";
      ctx.fillStyle = ctx.strokeStyle = css("--ink");
      ctx.lineWidth = 1.5 * ratio;
      spec.points.forEach((point, i) => {
        const x = u.valToPos(i, "x", true);
        const [low, high] = [point.low, point.high].map((value) => u.valToPos(value, "y", true));
        if (low - high > hidden * ratio) {
          ctx.beginPath();
          ctx.moveTo(x, low);
          ctx.lineTo(x, high);
          for (const y of [low, high]) { ctx.moveTo(x - 5 * ratio, y); ctx.lineTo(x + 5 * ratio, y); }
          ctx.stroke();
        }
        const top = u.valToPos(point.value, "y", true) - hidden / 2 * ratio;
        ctx.fillText(point.text, x, Math.min(high, top) - 8 * ratio);
      });
      ctx.restore();
    };
  }

  function logRange(u, low, high) {
    const decade = (value, round) => 10 ** round(Math.log10(value));
    return [decade(low / 1.5, Math.floor), decade(high * 1.5, Math.ceil)];
  }

  function drawPoints(plot, spec) {
    const bars = spec.kind === "bars", last = spec.labels.length - 1;
    const values = spec.points.map((point) => point.value);
    const tallest = Math.max(...spec.points.map((point) => point.high));
    const top = Math.max(1.1 * tallest, spec.unit === "%" ? 100 : Number.MIN_VALUE);
    const accent = () => css("--accent");
    const tip = tooltip((box, i) => {
      const {low, high, text} = spec.points[i];
      box.append(element("b", spec.labels[i]), text);
      if (high > low) box.append(element("div", `${number(low)} to ${number(high)} ${spec.unit}`));
    });
    return new uPlot(options(plot, spec, {
      plugins: [tip],
      hooks: {draw: [annotate(spec)]},
      scales: {
        x: {time: false, range: [-0.5, last + 0.5]},
        y: bars ? {range: [0, top]} : {distr: 3, range: logRange},
      },
      axes: axes(spec.unit, {splits: () => values.map((_, i) => i), values: () => spec.labels,
                             ...(last >= LEVEL && {rotate: -35, size: 84})}, !bars),
      series: [{}, {
        paths: bars ? uPlot.paths.bars({size: [0.55, 64], radius: 0.06}) : () => null,
        fill: accent, stroke: accent, width: 0,
        points: {show: !bars, size: DOT, fill: accent, stroke: accent},
      }],
    }), [values.map((_, i) => i), values], plot);
  }

  function drawSteps(plot, spec) {
    const rounds = Math.max(...spec.series.map((one) => one.values.length));
    // A round is as wide as its stair: the last value is repeated to end it.
    const edges = Array.from({length: rounds + 1}, (_, i) => i);
    const stairs = spec.series.map(({values}) => [...values, values[values.length - 1]]);
    const widest = Math.max(1, ...spec.series.flatMap(({values}) => values.map(Math.abs))) * 1.15;
    const tip = tooltip((box, edge) => {
      const round = Math.min(edge, rounds - 1);
      box.append(element("b", `Round ${round + 1}`));
      spec.series.forEach(({label, values}, i) => {
        const line = element("div");
        const sign = values[round] >= 0 ? "+" : "\u2212";
        line.append(swatch(i), `${label} ${sign}${Math.abs(values[round]).toFixed(2)} ${spec.unit}`);
        box.append(line);
      });
    });
    const stepped = uPlot.paths.stepped({align: 1});
    return new uPlot(options(plot, spec, {
      plugins: [tip],
      cursor: {x: false, y: false, drag: {x: false, y: false}, points: {show: false},
               dataIdx: (u, series, nearest, x) => Math.max(0, Math.min(rounds - 1, Math.floor(x)))},
      scales: {x: {time: false, range: [0, rounds]}, y: {range: [-widest, widest]}},
      axes: axes(spec.unit, {splits: () => edges.slice(0, -1).map((edge) => edge + 0.5),
                             values: () => edges.slice(1).map((edge) => `round ${edge}`)}),
      series: [{}, ...spec.series.map((_, i) => ({
        paths: stepped, stroke: () => seriesColour(i), dash: seriesDash(i), width: 2, points: {show: false},
      }))],
    }), [edges, ...stairs], plot);
  }

  function add(spec) {
    const wide = spec.kind === "steps" || spec.labels.length > NARROW;
    const figure = element("figure", "", wide ? "wide" : "");
    const caption = element("figcaption");
    caption.append(element("h2", spec.title), element("p", spec.note));
    const plot = element("div", "", "plot");
    figure.append(caption, ...(spec.kind === "steps" ? [legend(spec.series.map(({label}) => label))] : []), plot);
    place.append(figure);
    return {plot, chart: (spec.kind === "steps" ? drawSteps : drawPoints)(plot, spec)};
  }

  let drawn = [];
  function drawAll() {
    for (const {chart} of drawn) chart.destroy();
    place.replaceChildren();
    drawn = specs.map(add);
  }

  drawAll();
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", drawAll);
  addEventListener("resize", () => {
    for (const {plot, chart} of drawn) chart.setSize({width: plot.clientWidth, height: HEIGHT});
  });
})();
