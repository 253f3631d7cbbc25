// The alpha explorer: three pictures, the walk of the feature toward its code, two searches, two curves.
// The kernel activates and searches; nprobe and all drawing stay in the page.

const ALPHA_STEP = 0.25;

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
  write(pen, release.goal, cx, cy + 22, { align: "center", colour: GREEN, bold: true });
  const squared = ([a, b]) => ((a - release.length) ** 2 + b ** 2).toFixed(2);
  // Beside its mark, on the side away from the other copy where there is room for it, else above.
  const note = ([px, py], text, colour, leftward) => {
    if (leftward ? px > 140 : px < width - 150) write(pen, text, px + (leftward ? -14 : 14), py + 4, { align: leftward ? "right" : "left", colour, halo, bold: true });
    else write(pen, text, Math.min(Math.max(px, 75), width - 75), py - 13, { align: "center", colour, halo, bold: true });
  };
  const left1 = passive.place[0] <= active.place[0];
  note(at(passive.place), `passive copy: ${squared(passive.place)}`, ORANGE, left1);
  note(at(active.place), `activated copy: ${squared(active.place)}`, BLUE, !left1);
  node.setAttribute("aria-label", `The walk. Squared distance to ${release.goal}: original ${squared([0, 0])}, released picture `
    + `${squared(release.walk.at(-1))}, passive copy ${squared(passive.place)}, activated copy ${squared(active.place)}.`);
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
  const probesTitle = html("h2"), alphasTitle = html("h2"), measured = html("p", { className: "ai-note" });
  root.append(bar, problem,
    html("div", { className: "ai-pictures" }, original.node, released.node, difference.node),
    finding,
    html("div", { className: "ai-two" },
      html("section", {}, html("h2", {}, "The walk of the feature"), walk,
        html("p", { className: "ai-note" }, "Each point stands at its true distance from x and from the star; distances between other points are not to scale.")),
      html("section", {}, html("h2", {}, "The search for the edited copy"), ...rows)),
    html("div", { className: "ai-two" }, html("section", {}, probesTitle, overProbes), html("section", {}, alphasTitle, overAlphas)),
    measured);
  const curves = root.querySelectorAll(":scope > .ai-two")[1];

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
    const level = at16 && { at: at16.r1, text: `- - passive at 16 cells: ${at16.r1.toFixed(2)}` };
    const cells = probes.length > 1;
    probesTitle.textContent = `R@1${cells ? " over nprobe" : ""}: passive (○) and alpha ${near} (◆)`;
    drawCurves(overProbes, { log: true, present: nprobe, level, label: cells ? "cells visited (nprobe)" : "no cells: everything is compared", ticks: cells ? powers : [], curves: [
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

  const echo = () => { controls.alpha.set(get("alpha")); controls.steps.set(get("steps")); };
  ["alpha", "steps"].forEach((name) => model.on(`change:${name}`, echo));
  const watched = ["nprobe", "_view", "_about", "_error", ...(stored ? ["alpha", "index", "edit"] : [])];
  const clean = mount({ model, el, root, problem, watched, draw });
  return () => {
    clean();
    ["alpha", "steps"].forEach((name) => model.off(`change:${name}`, echo));
  };
}

export default { render };
