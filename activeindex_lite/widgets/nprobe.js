// The nprobe explorer: the cells round a query, the pictures a search finds, and two curves. All of it is drawn from what
// came once for an index and a query; a move of nprobe stays in the page.

const MAP = 400;
// How far out the cells of rank 1 .. nlist lie: as evaluation/probing.py's disc_map.
const radius = (rank, nlist) => (rank / nlist) ** (1 / 3);

// The Voronoi cells of the points [x, y, x, y, ...] (thousandths of the radius, in order of rank) as an image of their
// numbers, -1 outside the disc. Jump flooding: each pixel asks ever nearer neighbours for the nearest point they know.
function tiles(places, size) {
  const label = new Int16Array(size * size).fill(-1), half = size / 2, n = places.length / 2;
  const px = new Float32Array(n), py = new Float32Array(n);
  for (let i = 0; i < n; i++) {
    px[i] = half + (places[2 * i] / 1000) * (half - 2);
    py[i] = half + (places[2 * i + 1] / 1000) * (half - 2);
    const at = Math.min(size - 1, Math.round(py[i])) * size + Math.min(size - 1, Math.round(px[i]));
    if (label[at] < 0) label[at] = i;
  }
  for (let jump = 256; jump >= 1; jump >>= 1) {
    for (let y = 0, at = 0; y < size; y++) for (let x = 0; x < size; x++, at++) {
      let best = label[at], least = best < 0 ? Infinity : (px[best] - x) ** 2 + (py[best] - y) ** 2;
      for (let v = y - jump; v <= y + jump; v += jump) {
        if (v < 0 || v >= size) continue;
        for (let u = x - jump; u <= x + jump; u += jump) {
          if (u < 0 || u >= size) continue;
          const other = label[v * size + u];
          if (other < 0 || other === best) continue;
          const distance = (px[other] - x) ** 2 + (py[other] - y) ** 2;
          if (distance < least) { least = distance; best = other; }
        }
      }
      label[at] = best;
    }
  }
  for (let y = 0, at = 0; y < size; y++) for (let x = 0; x < size; x++, at++) if (Math.hypot(x - half, y - half) > half - 1) label[at] = -1;
  return label;
}

// Colour of a cell: visited ones blue, the original's green if visited and orange if not; borders are darker.
function paint(image, label, size, rank, nprobe) {
  const pixels = new Uint32Array(image.data.buffer), abgr = (r, g, b, a) => ((a << 24) | (b << 16) | (g << 8) | r) >>> 0;
  const visited = abgr(86, 180, 233, 190), edge = abgr(0, 70, 120, 230), far = abgr(128, 128, 128, 26), line = abgr(128, 128, 128, 110);
  const own = rank <= nprobe ? abgr(0, 158, 115, 235) : abgr(213, 94, 0, 170);
  for (let at = 0; at < label.length; at++) {
    const cell = label[at];
    if (cell < 0) { pixels[at] = 0; continue; }
    const border = label[at + 1] !== cell || label[at + size] !== cell;
    pixels[at] = cell === rank - 1 ? own : cell < nprobe ? (border ? edge : visited) : border ? line : far;
  }
}

function drawMap(node, cache, view, about, nprobe, phase) {
  const { pen, width, height, ink } = begin(node), size = MAP, halo = getComputedStyle(node).getPropertyValue("--ai-paper");
  const key = `${view.index} ${view.query}`;
  if (cache.key !== key) {
    cache.key = key;
    cache.label = tiles(view.places, size);
    cache.sheet = cache.sheet || html("canvas", { width: size, height: size });
    cache.image = cache.image || cache.sheet.getContext("2d").createImageData(size, size);
  }
  paint(cache.image, cache.label, size, view.rank, nprobe);
  cache.sheet.getContext("2d").putImageData(cache.image, 0, 0);
  const side = Math.min(width, height), x0 = (width - side) / 2, y0 = (height - side) / 2, r = side / 2;
  pen.drawImage(cache.sheet, x0, y0, side, side);
  const at = (rank) => [x0 + r + (view.places[2 * rank - 2] / 1000) * (r - 2), y0 + r + (view.places[2 * rank - 1] / 1000) * (r - 2)];
  pen.strokeStyle = ink; pen.lineWidth = 2; pen.setLineDash([7, 4]);
  pen.beginPath(); pen.arc(x0 + r, y0 + r, radius(Math.min(nprobe + 0.5, about.nlist), about.nlist) * (r - 2), 0, 7); pen.stroke();
  pen.setLineDash([]);
  // The query: a cross, the shape it has in every figure.
  pen.strokeStyle = halo; pen.lineWidth = 7;
  for (const colour of [halo, ORANGE]) {
    pen.strokeStyle = colour; pen.lineWidth = colour === halo ? 7 : 4;
    pen.beginPath(); pen.moveTo(x0 + r - 6, y0 + r - 6); pen.lineTo(x0 + r + 6, y0 + r + 6);
    pen.moveTo(x0 + r + 6, y0 + r - 6); pen.lineTo(x0 + r - 6, y0 + r + 6); pen.stroke();
  }
  const [ox, oy] = at(view.rank), right = ox > x0 + r;
  // On a green cell the green star needs an edge.
  mark(pen, "star", ox, oy, 12, halo, true);
  mark(pen, "star", ox, oy, 9, GREEN, view.rank <= nprobe);
  write(pen, `original: cell ${view.rank}`, ox + (right ? 14 : -14), oy + 4, { align: right ? "left" : "right", halo, bold: true, colour: ink });
  node.setAttribute("aria-label", `Map of ${about.nlist} cells round the query, the nearest in the middle. ${nprobe} are visited; `
    + `the original lies in cell number ${view.rank}: ${view.rank <= nprobe ? "visited" : "not visited"}. ${phase.sentence}`);
}

function resultFigure(view, result, place) {
  const name = result.original ? "✓ the original" : "another picture";
  return html("figure", {},
    html("img", { src: view.thumbnails[result.id], className: result.original ? "ai-right" : "ai-wrong", alt: `result ${place}: ${name}` }),
    html("figcaption", {}, html("strong", {}, `${place}. ${name}`), html("br"), `distance ${result.distance.toFixed(3)}`));
}

function render({ model, el }) {
  const get = (name) => model.get(name);
  const put = (name, value) => { model.set(name, value); model.save_changes(); };
  const stored = get("_stored"), names = get("_names");
  const current = () => (stored
    ? { about: stored.abouts[get("index")], view: stored.views[`${get("index")} ${get("query")}`] }
    : { about: get("_about"), view: get("_view") });
  const root = html("div", { className: "ai-explorer ai-nprobe" });
  const controls = {
    nprobe: slider("nprobe", [1], (v) => `${v} ${v === 1 ? "cell" : "cells"}`, (v) => put("nprobe", v)),
    index: select("index", (v) => {
      // In a page without a kernel nobody else keeps nprobe within the cells there are.
      if (stored) put("nprobe", Math.min(get("nprobe"), stored.abouts[v].nlist));
      put("index", v);
    }),
    query: select("query", (v) => put("query", Number(v))),
  };
  const problem = html("p", { className: "ai-problem", role: "alert" });
  const picture = (caption) => {
    const image = html("img", { alt: caption }), text = html("figcaption", {}, caption);
    return { node: html("figure", {}, image, text), image, text };
  };
  const searched = picture("searched for"), original = picture("its original");
  const map = canvas("", MAP), recall = canvas("", 200), time = canvas("", 200);
  const results = html("div", { className: "ai-results" }), verdict = html("p", { className: "ai-finding" });
  verdict.setAttribute("aria-live", "polite");
  const meter = html("div", { className: "ai-meter" }), fill = html("div"), share = html("p", { className: "ai-share" });
  meter.append(fill);
  meter.setAttribute("aria-hidden", "true");
  const recallTitle = html("h2"), timeTitle = html("h2"), measured = html("p", { className: "ai-note" });
  root.append(html("div", { className: "ai-bar" }, controls.nprobe.node, controls.index.node, controls.query.node), problem,
    html("div", { className: "ai-two" },
      html("section", {}, html("h2", {}, "The cells round the query ✕"), map,
        html("p", { className: "ai-note" }, "From the middle outward in the true order of distance; the angle only brings like directions together.")),
      html("section", {}, html("div", { className: "ai-pair" }, searched.node, original.node), verdict, share, meter,
        html("h2", {}, "First results"), results)),
    html("div", { className: "ai-two" }, html("section", {}, recallTitle, recall), html("section", {}, timeTitle, time)), measured);

  const cache = {};
  let shown = "";
  function draw() {
    const { about, view } = current(), nprobe = Math.min(get("nprobe"), about.nlist);
    controls.nprobe.set(nprobe, about.nprobes);
    controls.index.set(view.index, names.indexes.map((name) => [name, stored ? `${name} (${stored.abouts[name].factory})` : name === view.index ? `${name} (${about.factory})` : name]));
    controls.query.set(String(view.query), names.queries.map((title, i) => [String(i), title]));
    const phase = view.phases.filter((p) => p.from <= nprobe).at(-1), scanned = view.scanned[nprobe - 1];
    drawMap(map, cache, view, about, nprobe, phase);
    const now = `${view.index} ${view.query} ${phase.from}`;
    if (shown !== now) {
      shown = now;
      searched.image.src = view.picture; original.image.src = view.original;
      searched.text.textContent = `searched for (${view.edit})`;
      searched.image.alt = `the query: a picture edited by ${view.edit}`;
      original.image.alt = `the original, picture ${view.truth}`;
      results.replaceChildren(...phase.results.map((result, i) => resultFigure(view, result, i + 1)));
      if (!phase.results.length) results.append(html("p", {}, "The visited cells are empty."));
      verdict.textContent = `${phase.first ? "✓" : "✗"} ${phase.sentence}`;
      verdict.classList.toggle("ai-yes", phase.first);
    }
    share.textContent = `${scanned.toLocaleString("en")} of ${about.ntotal.toLocaleString("en")} vectors compared: ${((100 * scanned) / about.ntotal).toLocaleString("en", { maximumSignificantDigits: 2 })} %`;
    fill.style.width = `${(100 * scanned) / about.ntotal}%`;
    drawBoth(about, nprobe);
    problem.textContent = get("_error");
  }

  function drawBoth(about, nprobe) {
    const rows = about.curve, near = rows.reduce((best, row) => (Math.abs(row.nprobe - nprobe) < Math.abs(best.nprobe - nprobe) ? row : best));
    const ticks = rows.filter((row) => Number.isInteger(Math.log2(row.nprobe)) && (rows.length < 9 || Math.log2(row.nprobe) % 2 === 0)).map((row) => [row.nprobe, String(row.nprobe)]);
    recallTitle.textContent = `R@1 ${near.r1.toFixed(2)} at nprobe ${near.nprobe}`;
    timeTitle.textContent = `${near.ms.toFixed(3)} ms a search at nprobe ${near.nprobe}`;
    const common = { log: true, present: near.nprobe, ticks, label: "cells visited (nprobe)" };
    drawCurves(recall, { ...common, curves: [{ rows: rows.map((row) => [row.nprobe, row.r1, row.low, row.high]), colour: BLUE, shape: "diamond" }] });
    const most = Math.max(...rows.map((row) => row.ms));
    drawCurves(time, { ...common, most, show: (v) => v.toPrecision(2), curves: [{ rows: rows.map((row) => [row.nprobe, row.ms]), colour: ORANGE, shape: "circle" }] });
    recall.setAttribute("aria-label", `R@1 over nprobe: ${rows.map((row) => `${row.r1.toFixed(2)} at ${row.nprobe}`).join(", ")}.`);
    time.setAttribute("aria-label", `Milliseconds of a search over nprobe: ${rows.map((row) => `${row.ms.toFixed(3)} at ${row.nprobe}`).join(", ")}.`);
    measured.textContent = `Curves: ${about.queries} pictures x ${about.edits} edits among ${about.ntotal.toLocaleString("en")} references, bars are 95 % intervals; `
      + `time: median, one query at a time on one thread. ${about.factory} keeps ${about.bytes} bytes a vector.`;
  }

  const watched = ["nprobe", "_view", "_about", "_error", ...(stored ? ["index", "query"] : [])];
  return mount({ model, el, root, problem, watched, draw });
}

export default { render };
