// The nprobe explorer: the cells round a query, the pictures that a search finds, and two curves.
// All of it is drawn from what came once for an index and a query, so a move of nprobe stays in the page.

const shareText = (share) => share.toLocaleString("en", { maximumSignificantDigits: 2 });

function resultFigure(view, result, place) {
  const name = result.original ? "✓ the original" : "another picture";
  const image = html("img", {
    src: view.thumbnails[result.id],
    className: result.original ? "ai-right" : "ai-wrong",
    alt: `result ${place}: ${name}`,
  });
  const distance = `distance ${result.distance.toFixed(3)}`;
  return html(
    "figure",
    {},
    image,
    html("figcaption", {}, html("strong", {}, `${place}. ${name}`), html("br"), distance),
  );
}

// What one search brings: the two pictures, the sentence, the share of vectors compared, and the first results.
function searchPart() {
  const searched = captionedPicture("searched for");
  const original = captionedPicture("its original");
  const verdict = html("p", { className: "ai-finding" });
  verdict.setAttribute("aria-live", "polite");
  const share = html("p", { className: "ai-share" });
  const fill = html("div");
  const meter = html("div", { className: "ai-meter" }, fill);
  meter.setAttribute("aria-hidden", "true");
  const results = html("div", { className: "ai-results" });
  const pair = html("div", { className: "ai-pair" }, searched.node, original.node);
  const node = html("section", {}, pair, verdict, share, meter, html("h2", {}, "First results"), results);

  function showPhase(view, phase) {
    searched.image.src = view.picture;
    searched.image.alt = `the query: a picture edited by ${view.edit}`;
    searched.text.textContent = `searched for (${view.edit})`;
    original.image.src = view.original;
    original.image.alt = `the original, picture ${view.truth}`;
    results.replaceChildren(...phase.results.map((result, i) => resultFigure(view, result, i + 1)));
    if (!phase.results.length) results.append(html("p", {}, "The visited cells are empty."));
    verdict.textContent = `${phase.first ? "✓" : "✗"} ${phase.sentence}`;
    verdict.classList.toggle("ai-yes", phase.first);
  }

  function showShare(scanned, ntotal) {
    const percent = (100 * scanned) / ntotal;
    share.textContent = `${grouped(scanned)} of ${grouped(ntotal)} vectors compared: ${shareText(percent)} %`;
    fill.style.width = `${percent}%`;
  }
  return { node, showPhase, showShare };
}

// R@1 and time over nprobe, for the index and all stored queries.
function curvesPart() {
  const recall = canvas("", 200);
  const time = canvas("", 200);
  const recallTitle = html("h2");
  const timeTitle = html("h2");
  const note = html("p", { className: "ai-note" });
  const node = html(
    "div",
    { className: "ai-two" },
    html("section", {}, recallTitle, recall),
    html("section", {}, timeTitle, time),
  );

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
    recallTitle.textContent = `R@1 ${present.r1.toFixed(2)} at nprobe ${present.nprobe}`;
    timeTitle.textContent = `${present.ms.toFixed(3)} ms per search at nprobe ${present.nprobe}`;
    const common = { log: true, present: present.nprobe, ticks: ticksOf(rows), label: "nprobe: cells visited" };
    const recallRows = rows.map((row) => [row.nprobe, row.r1, row.low, row.high]);
    drawCurves(recall, { ...common, curves: [{ rows: recallRows, colour: BLUE, shape: "diamond" }] });
    drawCurves(time, {
      ...common,
      most: Math.max(...rows.map((row) => row.ms)),
      show: (value) => value.toPrecision(2),
      curves: [{ rows: rows.map((row) => [row.nprobe, row.ms]), colour: ORANGE, shape: "circle" }],
    });
    const recalls = rows.map((row) => `${row.r1.toFixed(2)} at ${row.nprobe}`);
    const times = rows.map((row) => `${row.ms.toFixed(3)} at ${row.nprobe}`);
    recall.setAttribute("aria-label", `R@1 over nprobe: ${recalls.join(", ")}.`);
    time.setAttribute("aria-label", `Milliseconds per search over nprobe: ${times.join(", ")}.`);
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
    // In a page without a kernel nothing else keeps nprobe within the number of cells.
    if (stored) put("nprobe", Math.min(get("nprobe"), stored.abouts[name].nlist));
    put("index", name);
  });
  const querySelect = select("query", (number) => put("query", Number(number)));
  const bar = html("div", { className: "ai-bar" }, nprobeSlider.node, indexSelect.node, querySelect.node);
  const problem = html("p", { className: "ai-problem", role: "alert" });
  const map = canvas("", MAP);
  const mapNote = html(
    "p",
    { className: "ai-note" },
    "From the middle outward, in their true order of distance; the angle only keeps similar directions together.",
  );
  const search = searchPart();
  const curves = curvesPart();
  const root = html(
    "div",
    { className: "ai-explorer ai-nprobe" },
    bar,
    problem,
    html("div", { className: "ai-two" }, section("The cells around the query ✕", map, mapNote), search.node),
    curves.node,
    curves.note,
  );

  function current() {
    if (!stored) return { about: get("_about"), view: get("_view") };
    return { about: stored.abouts[get("index")], view: stored.views[`${get("index")} ${get("query")}`] };
  }

  // The name of an index with its factory string, where that is known already.
  function indexText(name, view, about) {
    if (stored) return `${name} (${stored.abouts[name].factory})`;
    return name === view.index ? `${name} (${about.factory})` : name;
  }

  const mapCache = {};
  let shown = "";
  function draw() {
    const { about, view } = current();
    const nprobe = Math.min(get("nprobe"), about.nlist);
    const phase = view.phases.filter((candidate) => candidate.from <= nprobe).at(-1);
    nprobeSlider.set(nprobe, about.nprobes);
    indexSelect.set(
      view.index,
      names.indexes.map((name) => [name, indexText(name, view, about)]),
    );
    querySelect.set(
      String(view.query),
      names.queries.map((title, number) => [String(number), title]),
    );
    drawMap(map, mapCache, view, about, nprobe, phase);
    // The pictures are replaced only where they differ.
    const now = `${view.index} ${view.query} ${phase.from}`;
    if (shown !== now) search.showPhase(view, phase);
    shown = now;
    search.showShare(view.scanned[nprobe - 1], about.ntotal);
    curves.draw(about, nprobe);
    problem.textContent = get("_error");
  }

  const watched = ["nprobe", "_view", "_about", "_error"];
  if (stored) watched.push("index", "query");
  return mount({ model, el, root, problem, watched, draw });
}

export default { render };
