"use strict";
// What Diecast's pages draw charts with, on top of uPlot.
const page = (() => {
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const seriesColour = (i) => { const all = css("--series").split(" "); return all[i % all.length]; };
  // Lines beyond the colours differ by their dashes.
  const seriesDash = (i) => i < css("--series").split(" ").length ? undefined : [6, 4];
  const font = (weight = "") => `${weight} 12px ${getComputedStyle(document.body).fontFamily}`.trim();
  const plain = new Intl.NumberFormat("en", {maximumSignificantDigits: 4});
  const compact = new Intl.NumberFormat("en", {notation: "compact", maximumSignificantDigits: 3});
  const number = (value) => (Math.abs(value) < 1e5 ? plain : compact).format(value);

  function element(name, text = "", className = "") {
    const made = document.createElement(name);
    made.textContent = text;
    if (className) made.className = className;
    return made;
  }

  // A piece of a series' line.
  function swatch(i) {
    const mark = document.createElement("i"), colour = seriesColour(i);
    const dashes = `repeating-linear-gradient(90deg, ${colour} 0 5px, transparent 5px 8px)`;
    mark.style.background = seriesDash(i) ? dashes : colour;
    return mark;
  }

  // A box beside the pointer that `fill(box, index)` writes into.
  function tooltip(fill) {
    const box = element("div", "", "tip");
    box.hidden = true;
    return {hooks: {
      init: [(u) => {
        u.root.parentNode.append(box);
        u.over.addEventListener("mouseleave", () => { box.hidden = true; });
      }],
      setCursor: [(u) => {
        const {idx, left, top} = u.cursor;
        box.hidden = idx == null || left < 0;
        if (box.hidden) return;
        box.replaceChildren();
        fill(box, idx);
        const x = u.over.offsetLeft + left, y = u.over.offsetTop + top;
        const flip = x + 16 + box.offsetWidth > u.width;
        box.style.left = `${flip ? Math.max(0, x - 16 - box.offsetWidth) : x + 16}px`;
        box.style.top = `${Math.max(0, y - box.offsetHeight - 8)}px`;
      }],
    }};
  }

  // Of the marks of a logarithmic axis, which come ten to a decade.
  const decades = (u, marks) => marks.map((mark) => Number.isInteger(Math.log10(mark)) ? mark : null);

  function axes(unit, categories, logarithmic) {
    const common = {stroke: () => css("--muted"), font: font(), ticks: {show: false}};
    const grid = {stroke: () => css("--line"), width: 1, ...(logarithmic && {filter: decades})};
    return [
      {...common, size: 30, ...categories, grid: {show: false},
       border: {show: true, stroke: () => css("--line"), width: 1}},
      {...common, size: 88, grid, ...(logarithmic && {filter: decades}),
       values: (u, marks) => marks.map((mark) => mark == null ? "" : `${number(mark)} ${unit}`)},
    ];
  }

  function legend(labels) {
    const list = element("ul", "", "legend");
    labels.forEach((label, i) => {
      const item = element("li");
      item.append(swatch(i), label);
      list.append(item);
    });
    return list;
  }

  return {css, seriesColour, seriesDash, font, number, element, swatch, tooltip, axes, legend};
})();
