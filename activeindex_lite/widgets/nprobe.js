// The nprobe explorer: the cells round a query, the pictures that a search finds, what lies in a cell, and two curves.
// All of it is drawn from what came once for an index and a query, so a move of nprobe stays in the page.

const shareText = (share) => share.toLocaleString("en", { maximumSignificantDigits: 2 });

function resultFigure(view, result, place) {
  const isFirst = place === 1;
  const name = result.original ? "✓ original" : `${isFirst ? "✗ " : ""}other`;
  const image = html("img", {
    src: view.thumbnails[result.id],
    className: result.original ? "ai-right" : isFirst ? "ai-wrong" : "ai-other",
    alt: `result ${place}: ${result.original ? "✓ the original" : "another picture"}`,
  });
  const caption = html(
    "figcaption",
    {},
    html("strong", {}, `${place}. ${name}`),
    html("br"),
    result.distance.toFixed(3),
  );
  return html("figure", {}, image, caption);
}

// What one search brings: the two pictures and the first results.
function searchPart() {
  const searched = captionedPicture("searched for");
  const original = captionedPicture("its original");
  const results = html("div", { className: "ai-results" });
  const pair = html("div", { className: "ai-pair" }, searched.node, original.node);
  const node = html("section", {}, pair, html("h2", {}, "First results and their distance"), results);

  function draw(view, phase) {
    searched.image.src = view.picture;
    searched.image.alt = `the query: a picture edited by ${view.edit}`;
    searched.text.textContent = `searched for (${view.edit})`;
    original.image.src = view.original;
    original.image.alt = `the original, picture ${view.truth}`;
    results.replaceChildren(...phase.results.map((result, i) => resultFigure(view, result, i + 1)));
    if (!phase.results.length) results.append(html("p", {}, "The visited cells are empty."));
  }
  return { node, draw };
}

// The sentence on the search, and the share of vectors that it compares.
function verdictPart() {
  const verdict = html("p", { className: "ai-finding", "aria-live": "polite" });
  const share = html("p", { className: "ai-share" });
  const fill = html("div");
  const meter = html("div", { className: "ai-meter", "aria-hidden": "true" }, fill);
  const node = html("div", { className: "ai-verdicts" }, verdict, html("div", {}, share, meter));
  function draw(phase, scanned, ntotal) {
    verdict.textContent = `${phase.first ? "✓" : "✗"} ${phase.sentence}`;
    verdict.classList.toggle("ai-yes", phase.first);
    const percent = (100 * scanned) / ntotal;
    share.textContent = `${grouped(scanned)} of ${grouped(ntotal)} vectors compared: ${shareText(percent)} %`;
    fill.style.width = `${percent}%`;
  }
  return { node, draw };
}

// The pictures of one cell: those nearest to the query.
function cellPart() {
  const title = html("h2");
  const said = html("p", { className: "ai-note", "aria-live": "polite" });
  const pictures = html("div", { className: "ai-in-cell" });
  const node = html("section", {}, title, said, pictures);
  function picture({ id, src, original }, place) {
    const alt = original ? "the original" : `picture ${id}, number ${place + 1} by distance to the query`;
    return html("img", { src, alt, title: alt, className: original ? "ai-right" : "ai-other" });
  }
  function draw(cell, nprobe) {
    title.textContent = `Inside cell ${grouped(cell.rank)}`;
    const work = cell.rank <= nprobe ? "visited: each is compared with the query" : "not visited: none is compared";
    const shown = cell.pictures ? ` The ${cell.pictures.length} nearest to the query:` : " Its pictures need a kernel.";
    said.textContent = `${cell.count === 1 ? "1 vector" : `${cell.count} vectors`}, ${work}.${cell.count ? shown : ""}`;
    pictures.replaceChildren(...(cell.pictures || []).map(picture));
  }
  return { node, draw };
}

// R@1 and time over nprobe, for the index and all stored queries.
function curvesPart() {
  const recall = canvas("", 136);
  const time = canvas("", 136);
  const recallTitle = html("h2");
  const timeTitle = html("h2");
  const note = html("p", { className: "ai-note" });
  const parts = [html("section", {}, recallTitle, recall), html("section", {}, timeTitle, time)];
  const node = html("div", { className: "ai-curves" }, ...parts);

  // Powers of two; where there are many, every other one.
  function ticksOf(rows) {
    const isShown = (exponent) => Number.isInteger(exponent) && (rows.length < 9 || exponent % 2 === 0);
    const shown = rows.filter((row) => isShown(Math.log2(row.nprobe)));
    return shown.map((row) => [row.nprobe, String(row.nprobe)]);
  }

  function draw(about, nprobe) {
    const rows = about.curve;
    const positions = rows.map((row) => row.nprobe);
    const present = rows[nearestPosition(positions, nprobe)];
    const common = { log: true, present: present.nprobe, ticks: ticksOf(rows), label: "nprobe: cells visited" };
    const recallRows = rows.map((row) => [row.nprobe, row.r1, row.low, row.high]);
    drawCurves(recall, { ...common, curves: [{ rows: recallRows, colour: GREEN, shape: "circle" }] });
    drawCurves(time, {
      ...common,
      most: Math.max(...rows.map((row) => row.ms)),
      show: (value) => value.toPrecision(2),
      curves: [{ rows: rows.map((row) => [row.nprobe, row.ms]), colour: GREY, shape: "circle" }],
    });
    const recalls = rows.map((row) => `${row.r1.toFixed(2)} at ${row.nprobe}`);
    const times = rows.map((row) => `${row.ms.toFixed(3)} at ${row.nprobe}`);
    recall.setAttribute("aria-label", `R@1 over nprobe: ${recalls.join(", ")}.`);
    time.setAttribute("aria-label", `Milliseconds per search over nprobe: ${times.join(", ")}.`);
    recallTitle.textContent = `R@1 ${present.r1.toFixed(2)} at nprobe ${present.nprobe}`;
    timeTitle.textContent = `${present.ms.toFixed(3)} ms per search at nprobe ${present.nprobe}`;
    note.textContent =
      `Curves: ${about.queries} pictures x ${about.edits} edits among ${grouped(about.ntotal)} references, ` +
      "bars are 95 % intervals. Time: median of single queries on one thread. " +
      `${about.factory} stores ${about.bytes} bytes per vector.`;
  }
  return { node, note, draw };
}

function render({ model, el }) {
  const get = (name) => model.get(name);
  const put = (name, value) => {
    model.set(name, value);
    model.save_changes();
  };
  // Only a page without a kernel holds every index and query.
  const stored = get("_stored");
  const names = get("_names");

  const nprobeSlider = slider("nprobe", [1], cellsText, (nprobe) => put("nprobe", nprobe));
  const indexSelect = select("index", (name) => {
    // In a page without a kernel nothing else keeps nprobe and the cell within the number of cells.
    if (stored) ["nprobe", "cell"].forEach((trait) => put(trait, Math.min(get(trait), stored.abouts[name].nlist)));
    put("index", name);
  });
  const querySelect = select("query", (number) => put("query", Number(number)));
  const bar = html("div", { className: "ai-bar" }, nprobeSlider.node, indexSelect.node, querySelect.node);
  const problem = html("p", { className: "ai-problem", role: "alert" });
  const verdict = verdictPart();
  const onPick = (cell) => put("cell", cell);
  const disc = cellMap({ label: "All cells: look into one", zoomOf: () => 1, onPick, keyboard: Infinity });
  const lens = cellMap({ label: "First cells: look into one", zoomOf: lensZoom, onPick, keyboard: IN_LENS });
  const [discTitle, lensTitle] = [html("h2"), html("h2", {}, "The first cells, enlarged")];
  const inCell = cellPart();
  const search = searchPart();
  const curves = curvesPart();
  const order =
    "Nearest in the middle, outward in true order. Click a cell, or press the arrow keys, for its pictures.";
  const root = html(
    "div",
    { className: "ai-explorer ai-nprobe" },
    bar,
    problem,
    verdict.node,
    html(
      "div",
      { className: "ai-map-view" },
      html("section", { className: "ai-lens" }, lensTitle, lens.box),
      html("section", { className: "ai-disc" }, discTitle, disc.box),
      html("div", { className: "ai-key" }, legend(MAP_LEGEND).node, html("p", { className: "ai-note" }, order)),
      html("div", { className: "ai-found" }, search.node, inCell.node),
      curves.node,
    ),
    curves.note,
  );

  function current() {
    if (!stored) return { about: get("_about"), view: get("_view"), cell: get("_cell") };
    const key = `${get("index")} ${get("query")}`;
    return { about: stored.abouts[get("index")], view: stored.views[key], cell: storedCell(stored, key, get("cell")) };
  }

  // The name of an index with its factory string, where that is known already.
  function indexText(name, view, about) {
    if (stored) return `${name} (${stored.abouts[name].factory})`;
    return name === view.index ? `${name} (${about.factory})` : name;
  }

  function drawControls(view, about, nprobe) {
    nprobeSlider.set(nprobe, about.nprobes);
    indexSelect.set(
      view.index,
      names.indexes.map((name) => [name, indexText(name, view, about)]),
    );
    querySelect.set(
      String(view.query),
      names.queries.map((title, number) => [String(number), title]),
    );
  }

  let shown = "";
  let shownCell = "";
  function draw() {
    const { about, view, cell } = current();
    const nprobe = Math.min(get("nprobe"), about.nlist);
    const phase = view.phases.filter((candidate) => candidate.from <= nprobe).at(-1);
    // Canvases first: text that changes would make each of them ask for its size anew.
    drawMaps({ disc, lens }, view, about, { nprobe, chosen: cell.rank, sentence: phase.sentence });
    curves.draw(about, nprobe);
    drawControls(view, about, nprobe);
    discTitle.textContent = `All ${grouped(about.nlist)} cells`;
    verdict.draw(phase, view.scanned[nprobe - 1], about.ntotal);
    // Pictures are replaced only where they differ.
    const now = `${view.index} ${view.query} ${phase.from}`;
    if (shown !== now) search.draw(view, phase);
    shown = now;
    const nowCell = `${view.index} ${view.query} ${cell.rank} ${cell.rank <= nprobe}`;
    if (shownCell !== nowCell) inCell.draw(cell, nprobe);
    shownCell = nowCell;
    problem.textContent = get("_error");
  }

  const watched = ["nprobe", "_view", "_about", "_cell", "_error"];
  if (stored) watched.push("index", "query", "cell");
  return mount({ model, el, root, problem, watched, draw });
}

// What a page without a kernel knows of a cell: the pictures of the first few, the number of vectors of all.
function storedCell({ cells, pictures, views }, key, rank) {
  const { scanned } = views[key];
  const ids = cells[key][rank - 1];
  const { truth } = views[key];
  const shown = ids && ids.map((id) => ({ id, src: pictures[id], original: id === truth }));
  return { rank, count: scanned[rank - 1] - (scanned[rank - 2] ?? 0), pictures: shown };
}

export default { render };
