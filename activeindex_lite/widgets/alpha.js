// The alpha explorer: three pictures, the walk of the feature toward its code, two searches, two curves.
// The kernel activates and searches; nprobe and all drawing stay in the page.

const BLUE = "#0072B2", ORANGE = "#D55E00", GREEN = "#009E73", GREY = "#888888";
const ALPHA_STEP = 0.25;

const html = (tag, properties = {}, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in node && name !== "list") node[name] = value;
    else node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
};

const number = (x, digits) => (x === null ? "∞" : x.toFixed(digits));

// ---- controls ----------------------------------------------------------------------------------------------------

function slider(label, positions, show, onMove) {
  const value = html("output", { className: "ai-value" });
  const input = html("input", { type: "range", min: 0, step: 1 });
  const node = html("label", { className: "ai-control" }, html("span", {}, label), input, value);
  let values = positions;
  input.addEventListener("input", () => onMove(values[Number(input.value)]));
  return {
    node, input,
    set(present, now = values) {
      values = now;
      input.max = values.length - 1;
      const at = values.reduce((best, v, i) => (Math.abs(v - present) < Math.abs(values[best] - present) ? i : best), 0);
      if (Number(input.value) !== at) input.value = at;
      value.textContent = show(present);
      input.setAttribute("aria-valuetext", show(present));
    },
  };
}

function select(label, onChange) {
  const input = html("select");
  input.addEventListener("change", () => onChange(input.value));
  let names = "";
  return {
    node: html("label", { className: "ai-control" }, html("span", {}, label), input),
    set(present, options) {
      if (names !== String(options)) {
        names = String(options);
        input.replaceChildren(...options.map(([value, text]) => html("option", { value }, text)));
      }
      input.value = present;
    },
  };
}

// ---- drawing -----------------------------------------------------------------------------------------------------

function canvas(label, height) {
  const node = html("canvas", { className: "ai-canvas" });
  node.setAttribute("role", "img");
  node.setAttribute("aria-label", label);
  node.style.height = `${height}px`;
  return node;
}

// A context in CSS pixels, cleared, with the theme's ink.
function begin(node) {
  const width = node.clientWidth || 420, height = node.clientHeight || 260, ratio = window.devicePixelRatio || 1;
  if (node.width !== Math.round(width * ratio) || node.height !== Math.round(height * ratio)) {
    node.width = Math.round(width * ratio);
    node.height = Math.round(height * ratio);
  }
  const pen = node.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  const ink = getComputedStyle(node).color;
  pen.font = "12px system-ui, sans-serif";
  pen.fillStyle = pen.strokeStyle = ink;
  pen.lineWidth = 1;
  return { pen, width, height, ink };
}

function mark(pen, shape, x, y, r, colour, filled) {
  pen.save();
  pen.beginPath();
  if (shape === "circle") pen.arc(x, y, r, 0, 7);
  else if (shape === "diamond") [[0, -1.3], [1.3, 0], [0, 1.3], [-1.3, 0]].forEach(([a, b], i) => (i ? pen.lineTo : pen.moveTo).call(pen, x + a * r, y + b * r));
  else for (let i = 0; i < 10; i++) {
    const s = i % 2 ? 0.5 * r : 1.3 * r, t = (i * Math.PI) / 5 - Math.PI / 2;
    (i ? pen.lineTo : pen.moveTo).call(pen, x + s * Math.cos(t), y + s * Math.sin(t));
  }
  pen.closePath();
  pen.fillStyle = filled ? colour : "white";
  pen.strokeStyle = colour;
  pen.lineWidth = 2;
  pen.fill();
  pen.stroke();
  pen.restore();
}

function write(pen, text, x, y, { align = "left", colour, bold, halo } = {}) {
  pen.save();
  if (colour) pen.fillStyle = colour;
  pen.font = `${bold ? "600 " : ""}12px system-ui, sans-serif`;
  pen.textAlign = align;
  if (halo) {
    pen.strokeStyle = halo;
    pen.lineWidth = 4;
    pen.lineJoin = "round";
    pen.strokeText(text, x, y);
  }
  pen.fillText(text, x, y);
  pen.restore();
}

// The walk: x at the left, its code at the right; every point at its true distance from both.
function drawWalk(node, release, passive, active) {
  const { pen, width, height, ink } = begin(node), halo = getComputedStyle(node).getPropertyValue("--ai-paper");
  const points = [[0, 0], [release.length, 0], ...release.walk, passive.place, active.place];
  const left = Math.min(...points.map((p) => p[0])), right = Math.max(...points.map((p) => p[0]));
  const top = Math.max(...points.map((p) => p[1]), 0.3 * release.length);
  const scale = Math.min((width - 150) / (right - left), (height - 84) / top);
  const x0 = (width - scale * (right - left)) / 2 - scale * left, y0 = height - 44;
  const at = ([a, b]) => [x0 + scale * a, y0 - scale * b];
  const [cx, cy] = at([release.length, 0]);
  pen.strokeStyle = GREY;
  pen.beginPath();
  pen.moveTo(12, y0); pen.lineTo(width - 12, y0); pen.stroke();
  for (const [place, colour, dash] of [[passive.place, ORANGE, [6, 4]], [active.place, BLUE, [2, 3]]]) {
    pen.strokeStyle = colour; pen.setLineDash(dash); pen.lineWidth = 1.5;
    pen.beginPath(); pen.moveTo(...at(place)); pen.lineTo(cx, cy); pen.stroke();
  }
  pen.setLineDash([]);
  pen.strokeStyle = ink; pen.lineWidth = 2;
  pen.beginPath();
  release.walk.forEach((p, i) => (i ? pen.lineTo : pen.moveTo).apply(pen, at(p)));
  pen.stroke();
  release.walk.slice(0, -1).forEach((p) => mark(pen, "circle", ...at(p), 2, ink, true));
  mark(pen, "circle", ...at([0, 0]), 6, ink, false);
  mark(pen, "circle", ...at(release.walk.at(-1)), 6, ink, true);
  mark(pen, "star", cx, cy, 8, GREEN, true);
  mark(pen, "circle", ...at(passive.place), 7, ORANGE, false);
  mark(pen, "diamond", ...at(active.place), 6, BLUE, true);
  write(pen, "original x", at([0, 0])[0], y0 + 22, { align: "center" });
  write(pen, "its code q(x)", cx, cy + 22, { align: "center", colour: GREEN, bold: true });
  const squared = ([a, b]) => ((a - release.length) ** 2 + b ** 2).toFixed(2);
  // Beside its mark, on the side away from the other copy where there is room for it, else above.
  const note = ([px, py], text, colour, leftward) => {
    if (leftward ? px > 140 : px < width - 150) write(pen, text, px + (leftward ? -14 : 14), py + 4, { align: leftward ? "right" : "left", colour, halo, bold: true });
    else write(pen, text, Math.min(Math.max(px, 75), width - 75), py - 13, { align: "center", colour, halo, bold: true });
  };
  const left1 = passive.place[0] <= active.place[0];
  note(at(passive.place), `passive copy: ${squared(passive.place)}`, ORANGE, left1);
  note(at(active.place), `activated copy: ${squared(active.place)}`, BLUE, !left1);
  node.setAttribute("aria-label", `The walk. Squared distance to the code: original ${squared([0, 0])}, released picture `
    + `${squared(release.walk.at(-1))}, passive copy ${squared(passive.place)}, activated copy ${squared(active.place)}.`);
}

// One chart: curves of [x, r1, low, high] on a log2 or linear axis, and a marker at the present x.
function drawCurves(node, { curves, log, ticks, label, present, level }) {
  const { pen, width, height, ink } = begin(node);
  const [l, r, t, b] = [34, 12, 12, 44], xs = curves.flatMap((c) => c.rows.map((row) => row[0]));
  if (!xs.length) return;
  const f = log ? Math.log2 : (v) => v, x1 = f(Math.max(...xs)), x0 = f(Math.min(...xs));
  const x = (v) => l + ((f(v) - x0) / (x1 - x0 || 1)) * (width - l - r), y = (v) => t + (1 - v) * (height - t - b);
  for (const v of [0, 0.25, 0.5, 0.75, 1]) {
    pen.globalAlpha = 0.2; pen.beginPath(); pen.moveTo(l, y(v)); pen.lineTo(width - r, y(v)); pen.stroke(); pen.globalAlpha = 1;
    write(pen, v.toFixed(2).replace(/0$/, "").replace(/\.0$/, ""), l - 5, y(v) + 4, { align: "right" });
  }
  ticks.forEach(([v, text, below]) => {
    write(pen, text, x(v), height - b + 15, { align: "center" });
    if (below) write(pen, below, x(v), height - b + 29, { align: "center", colour: GREY });
  });
  write(pen, label, (l + width - r) / 2, height - 2, { align: "center" });
  if (level !== undefined) {
    pen.strokeStyle = ORANGE; pen.setLineDash([5, 4]); pen.beginPath(); pen.moveTo(l, y(level)); pen.lineTo(width - r, y(level)); pen.stroke();
    pen.setLineDash([]);
    write(pen, `- - passive at 16 cells: ${level.toFixed(2)}`, width - r - 4, y(0.06), { align: "right", colour: ORANGE });
  }
  pen.strokeStyle = ink; pen.globalAlpha = 0.5; pen.lineWidth = 1.5;
  pen.beginPath(); pen.moveTo(x(present), t); pen.lineTo(x(present), height - b); pen.stroke(); pen.globalAlpha = 1;
  for (const { rows, colour, shape } of curves) {
    pen.strokeStyle = colour; pen.lineWidth = 2;
    pen.beginPath(); rows.forEach((row, i) => (i ? pen.lineTo : pen.moveTo).call(pen, x(row[0]), y(row[1]))); pen.stroke();
    for (const [v, r1, low, high] of rows) {
      pen.strokeStyle = colour; pen.lineWidth = 1;
      pen.beginPath(); pen.moveTo(x(v), y(low)); pen.lineTo(x(v), y(high)); pen.stroke();
      mark(pen, shape, x(v), y(r1), v === present ? 5 : 3, colour, shape === "diamond");
    }
  }
}

// ---- the explorer ------------------------------------------------------------------------------------------------

function findRow(copies, about, name) {
  const { found, at } = copies, id = found.ids[at];
  const own = about.own && id === found.truth, cells = found.probes[at];
  const verdict = found.first[at] ? "✓ the original comes first"
    : id < 0 ? "✗ the visited cells are empty" : id === found.truth ? "✗ the original ties with others" : "✗ another picture comes first";
  const why = found.rank === null ? "no cells: everything is compared"
    : found.rank === 1 ? "its cell is the nearest" : `its cell is number ${found.rank} by distance: ${found.rank <= cells ? "visited" : "not visited"}`;
  return [
    html("figcaption", {}, name),
    html("img", { src: found.query, alt: `${name}: the edited picture that is searched for` }),
    html("span", { className: "ai-arrow", "aria-hidden": "true" }, "→"),
    id < 0 ? html("span", {}, "nothing") : html("img", {
      src: found.thumbnails[id], className: found.first[at] ? "ai-right" : "ai-wrong",
      alt: own ? "first result: your picture" : `first result: picture ${id}` }),
    html("span", { className: "ai-verdict" }, html("strong", {}, verdict), html("br"), why),
  ];
}

function render({ model, el }) {
  const get = (name) => model.get(name);
  const put = (name, value) => { model.set(name, value); model.save_changes(); };
  const root = html("div", { className: "ai-explorer" });
  // JupyterLab's command mode would take the arrow keys.
  root.addEventListener("keydown", (event) => event.stopPropagation());

  const stored = get("_stored");
  const alphas = stored ? stored.alphas : Array.from({ length: 8 / ALPHA_STEP + 1 }, (_, i) => i * ALPHA_STEP);
  const controls = {
    alpha: slider("alpha", alphas, (v) => v.toFixed(2), (v) => put("alpha", v)),
    steps: slider("steps", Array.from({ length: 20 }, (_, i) => i + 1), String, (v) => put("steps", v)),
    nprobe: slider("nprobe", [1], (v) => `${v} ${v === 1 ? "cell" : "cells"}`, (v) => put("nprobe", v)),
    index: select("index", (v) => put("index", v)),
    edit: select("edit", (v) => put("edit", v)),
  };
  const file = html("input", { type: "file", accept: "image/*" });
  const upload = html("label", { className: "ai-control" }, html("span", {}, "your picture"), file);
  file.addEventListener("change", async () => {
    if (!file.files.length) return;
    const data = await file.files[0].arrayBuffer();
    model.send({ kind: "picture", name: file.files[0].name }, undefined, [data]);
  });
  const bar = html("div", { className: "ai-bar" }, controls.alpha.node, controls.steps.node, controls.nprobe.node,
    controls.index.node, controls.edit.node);
  if (!stored) bar.append(upload);
  controls.steps.input.disabled = Boolean(stored);

  const picture = (caption) => {
    const image = html("img", { alt: caption }), text = html("figcaption", {}, caption);
    return { node: html("figure", {}, image, text), image, text };
  };
  const original = picture("original"), released = picture("released"), difference = picture("difference × 10");
  const walk = canvas("", 270), overProbes = canvas("", 220), overAlphas = canvas("", 220);
  const rows = [html("figure", { className: "ai-find ai-passive" }), html("figure", { className: "ai-find ai-active" })];
  const finding = html("p", { className: "ai-finding" });
  finding.setAttribute("aria-live", "polite");
  const problem = html("p", { className: "ai-problem", role: "alert" });
  const probesTitle = html("h4"), alphasTitle = html("h4"), measured = html("p", { className: "ai-note" });
  root.append(bar, problem,
    html("div", { className: "ai-pictures" }, original.node, released.node, difference.node),
    finding,
    html("div", { className: "ai-two" },
      html("section", {}, html("h4", {}, "The walk of the feature"), walk,
        html("p", { className: "ai-note" }, "Each point stands at its true distance from x and from q(x); distances between other points are not to scale.")),
      html("section", {}, html("h4", {}, "The search for the edited copy"), ...rows)),
    html("div", { className: "ai-two" }, html("section", {}, probesTitle, overProbes), html("section", {}, alphasTitle, overAlphas)),
    measured);
  const curves = root.querySelectorAll(":scope > .ai-two")[1];
  el.append(root);

  function view() {
    if (!stored) return get("_view");
    const key = `${get("index")} ${get("alpha")}`, edit = get("edit");
    return { release: stored.releases[key], passive: stored.passive[get("index")][edit], active: stored.active[key][edit] };
  }

  function draw() {
    const about = get("_about"), { release, passive, active } = view(), index = release.index, probes = passive.probes;
    const at = probes.filter((n) => n <= get("nprobe")).length - 1, nprobe = probes[at];
    controls.alpha.set(get("alpha"));
    controls.steps.set(get("steps"));
    controls.nprobe.set(nprobe, probes);
    controls.nprobe.input.disabled = probes.length === 1;
    controls.index.set(get("index"), Object.entries(about.indexes).map(([name, factory]) => [name, name === factory ? name : `${name} (${factory})`]));
    controls.edit.set(get("edit"), (stored ? stored.edits : about.edits).map((name) => [name, name]));

    if (original.image.src !== about.original) original.image.src = about.original;
    released.image.src = release.picture;
    difference.image.src = release.difference;
    released.text.textContent = `released at alpha ${release.alpha.toFixed(2)}`;
    released.image.alt = release.psnr === null ? "released: nothing changed" : `released: PSNR ${number(release.psnr, 1)} dB from the original`;
    difference.image.alt = `difference times ten: ${release.linf} grey levels at the most`;
    drawWalk(walk, release, passive, active);
    [[rows[0], passive, "passive copy"], [rows[1], active, "activated copy"]].forEach(([row, found, name]) =>
      row.replaceChildren(...findRow({ found, at }, about, name)));

    const quality = release.psnr === null ? "Nothing changed." : `PSNR ${number(release.psnr, 1)} dB, SSIM ${release.ssim.toFixed(3)}, `
      + `largest change ${release.linf} grey levels` + (stored ? "." : `; ${release.steps} steps took ${release.ms.toFixed(0)} ms.`);
    const cells = probes.length === 1 ? "" : `With ${nprobe} ${nprobe === 1 ? "cell" : "cells"} visited, `;
    const [p, a] = [passive.first[at], active.first[at]], copies = `copy (${passive.edit})`;
    const outcome = p && a ? `the passive and the activated ${copies} both find the original.`
      : p || a ? `the ${a ? "activated" : "passive"} ${copies} finds the original, the ${a ? "passive" : "activated"} one does not.`
        : `neither the passive nor the activated ${copies} finds the original.`;
    finding.textContent = `${quality} ${cells}${cells ? outcome : outcome[0].toUpperCase() + outcome.slice(1)}`;
    drawGrid(about.grid.filter((row) => row.index === index), release.alpha, nprobe, probes);
    measured.textContent = `Curves: ${about.measured}, 10 steps, measured once; bars are 95 % intervals over pictures.`;
    problem.textContent = get("_error");
  }

  function drawGrid(grid, alpha, nprobe, probes) {
    // An index of one's own has no stored curves.
    curves.hidden = measured.hidden = !grid.length;
    if (!grid.length) return;
    const known = [...new Set(grid.map((row) => row.alpha))];
    const near = known.reduce((best, a) => (Math.abs(a - alpha) < Math.abs(best - alpha) ? a : best), known[0] ?? 0);
    const of = (test, by) => grid.filter(test).map((row) => [row[by], row.r1, row.low, row.high]);
    const at16 = grid.find((row) => row.alpha === 0 && row.nprobe === 16), powers = probes.map((n) => [n, String(n)]);
    const level = at16 && at16.r1;
    probesTitle.textContent = `R@1 over nprobe: passive (○) and alpha ${near} (◆)`;
    drawCurves(overProbes, { log: true, present: nprobe, level, label: "cells visited (nprobe)", ticks: powers, curves: [
      { rows: of((row) => row.alpha === 0, "nprobe"), colour: ORANGE, shape: "circle" },
      { rows: near ? of((row) => row.alpha === near, "nprobe") : [], colour: BLUE, shape: "diamond" }] });
    const line = of((row) => row.nprobe === nprobe, "alpha");
    alphasTitle.textContent = `R@1 over alpha at ${probes.length === 1 ? "this index" : `nprobe ${nprobe}`}, with PSNR`;
    drawCurves(overAlphas, { present: alpha, level, label: "alpha (below: PSNR in dB)", curves: [{ rows: line, colour: BLUE, shape: "diamond" }],
      ticks: grid.filter((row) => row.nprobe === nprobe && row.alpha === Math.round(row.alpha)).map((row) => [row.alpha, String(row.alpha), row.psnr === null ? "∞" : row.psnr.toFixed(0)]) });
    const say = (r) => r && `${r[1].toFixed(2)} at ${r[0]}`;
    overProbes.setAttribute("aria-label", `R@1 over nprobe. Passive: ${of((row) => row.alpha === 0, "nprobe").map(say).join(", ")}. `
      + `Alpha ${near}: ${of((row) => row.alpha === near, "nprobe").map(say).join(", ")}.`);
    overAlphas.setAttribute("aria-label", `R@1 over alpha at nprobe ${nprobe}: ${line.map(say).join(", ")}.`);
  }

  function safely() {
    try {
      draw();
    } catch (error) {
      problem.textContent = `The drawing failed: ${error.message}`;
    }
  }
  // Several traits may arrive in one message: draw once for all of them.
  let asked = 0;
  const soon = () => { cancelAnimationFrame(asked); asked = requestAnimationFrame(safely); };
  const watched = ["nprobe", "_view", "_about", "_error", ...(stored ? ["alpha", "index", "edit"] : [])];
  watched.forEach((name) => model.on(`change:${name}`, soon));
  const echo = () => { controls.alpha.set(get("alpha")); controls.steps.set(get("steps")); };
  ["alpha", "steps"].forEach((name) => model.on(`change:${name}`, echo));
  const resized = new ResizeObserver(soon);
  resized.observe(root);
  return () => {
    resized.disconnect();
    cancelAnimationFrame(asked);
    watched.forEach((name) => model.off(`change:${name}`, soon));
    ["alpha", "steps"].forEach((name) => model.off(`change:${name}`, echo));
  };
}

export default { render };
