// The what-if lab: two settings side by side, curves, the cheapest setting that is enough, a program and a table.
// The whole sweep came once (see whatif_sweep.js), so every move stays in the page.

// Two buttons, and how many parts of the settings differ.
function pairBar(model, get, put) {
  const same = html("button", { type: "button" }, "Make B the same as A");
  same.addEventListener("click", () => put("b", { ...get("a") }));
  const swap = html("button", { type: "button" }, "Swap A and B");
  swap.addEventListener("click", () => {
    const old = { ...get("a") };
    model.set("a", { ...get("b") });
    put("b", old);
  });
  const note = html("p", { className: "ai-note" });
  function draw(a, b) {
    // Steps count only where both settings activate, candidates only where both indexes have a graph.
    const counts = { steps: a.alpha > 0 && b.alpha > 0, ef_search: a.ef_search > 0 && b.ef_search > 0 };
    const keys = SETTING_KEYS.filter((key) => a[key] !== b[key] && (counts[key] ?? true));
    if (keys.length === 0) note.textContent = "A and B are the same.";
    else if (keys.length === 1) note.textContent = `They differ in one thing: ${keys[0]}.`;
    else note.textContent = `They differ in ${keys.length} things at once: ${keys.join(", ")}.`;
  }
  return { node: html("div", { className: "ai-buttons" }, same, swap, note), draw };
}

// R@1 of both settings over their search (nprobe or efSearch) and over alpha.
function curvesPart(sweep) {
  const { axes, efforts } = sweep;
  const overSearch = canvas("R@1 over the search", 180);
  const overAlpha = canvas("R@1 over alpha", 180);
  const charts = [section("", overSearch), section("R@1 over alpha", overAlpha)];
  const heading = charts[0].querySelector("h2");
  const node = html("div", { className: "ai-curves" }, ...charts, legend(SIDES_LEGEND).node);

  function row(value, setting) {
    const { r1, low, high } = sweep.measured(setting);
    return [value, r1, low, high];
  }
  // Over the places of the searches, so that nprobe and efSearch share one axis.
  const overSearches = (setting) => sweep.searches(setting).map((search, i) => row(i, { ...setting, ...search }));
  function placeOf(setting) {
    const kind = sweep.effort(setting);
    return kind ? efforts[kind].indexOf(setting[kind]) : 0;
  }
  const alphas = (setting) => (sweep.active(setting) ? axes.alpha : [0]);
  const overAlphas = (setting) => alphas(setting).map((alpha) => row(alpha, { ...setting, alpha }));

  // The axis of the searches of A and B: a heading, ticks [place, text, text below] and what the numbers are. Every
  // second tick has room for an efSearch.
  function searchAxis(a, b) {
    const kinds = [a, b].map(sweep.effort);
    const names = { nprobe: "nprobe: cells visited", ef_search: "efSearch: candidates kept" };
    const [kind = "nprobe", other] = [...new Set(kinds.filter(Boolean))];
    const texts = efforts[kind].map((value, i) => [i, String(value), other && String(efforts[other][i])]);
    const ticks = kind === "nprobe" && !other ? texts : texts.filter(([i]) => i % 2 === 0);
    if (!other) return { heading: `R@1 over ${EFFORT_NAMES[kind]}`, ticks, label: names[kind], texts };
    const label = `A: ${EFFORT_NAMES[kind]}, below B: ${EFFORT_NAMES[other]}`;
    return { heading: "R@1 over the search", ticks, label, texts };
  }
  function spoken({ a, b }, name = String) {
    const points = (rows) => rows.map(([value, r1]) => (rows.length > 1 ? `${two(r1)} at ${name(value)}` : two(r1)));
    return `A: ${points(a).join(", ")}; B: ${points(b).join(", ")}`;
  }

  function draw(a, b) {
    const searchRows = { a: overSearches(a), b: overSearches(b) };
    const alphaRows = { a: overAlphas(a), b: overAlphas(b) };
    const axis = searchAxis(a, b);
    heading.textContent = axis.heading;
    drawSides(overSearch, { rows: searchRows, present: { a: placeOf(a), b: placeOf(b) }, ...axis });
    drawSides(overAlpha, {
      rows: alphaRows,
      present: { a: a.alpha, b: b.alpha },
      ticks: axes.alpha.map((value) => [value, String(value)]),
      label: "alpha (0: passive)",
    });
    const named = (place) => axis.texts[place].slice(1).filter(Boolean).join(" and ");
    overSearch.setAttribute("aria-label", `R@1 over ${axis.label}. ${spoken(searchRows, named)}.`);
    overAlpha.setAttribute("aria-label", `R@1 over alpha. ${spoken(alphaRows)}.`);
  }
  return { node, draw };
}

// Every setting as a point of time and R@1; a click makes one B.
function fieldPart(sweep, put) {
  const field = canvas("All settings", 300);
  const box = stage(field);
  const note = "Among A's references, under A's edit. Point at a setting for its name; a click, or Enter, makes it B.";
  const node = section(
    "Every setting: time and R@1",
    box,
    legend(FIELD_LEGEND).node,
    html("p", { className: "ai-note" }, note),
  );
  node.classList.add("ai-field");
  let rows = [];
  let place = null;
  const distance = (row, [x, y]) => Math.hypot(place(row)[0] - x, place(row)[1] - y);
  function find(at) {
    const distances = rows.map((row) => distance(row, at));
    const nearest = Math.min(...distances);
    return nearest < 10 ? distances.indexOf(nearest) : -1;
  }
  pickable(box, {
    label: "All settings by time",
    count: () => rows.length,
    find,
    place: (i) => place(rows[i]),
    text: (i) => answerText(rows[i], sweep),
    onPick: (i) => put("b", rows[i].setting),
  });
  function draw(a, b, target, answer) {
    rows = [...sweep.all(a.references, a.edit)].sort(byCost);
    const sides = [
      { side: "a", setting: a },
      { side: "b", setting: b },
    ];
    const isShown = ({ setting }) => setting.references === a.references && setting.edit === a.edit;
    place = drawField(field, { rows, target, answer, sides: sides.filter(isShown), sweep });
    const enough = rows.filter((row) => isEnough(row, target)).length;
    const label = `Time of a query and R@1 of ${rows.length} settings; ${enough} reach the target.`;
    field.setAttribute("aria-label", label);
  }
  return { node, draw };
}

function render({ model, el }) {
  const get = (name) => model.get(name);
  const put = (name, value) => {
    model.set(name, value);
    model.save_changes();
  };
  const sweep = sweepOf(get("_about"));
  const sides = ["a", "b"].map((side) => sideControls(side, sweep, get, put));
  const pair = pairBar(model, get, put);
  const said = html("p", { className: "ai-finding", "aria-live": "polite" });
  const table = resultTable();
  const curves = curvesPart(sweep);
  const asked = question(sweep, get, put);
  const live = liveSection(model, sweep, get("_stored"));
  const field = fieldPart(sweep, put);
  const taken = exportSection(sweep, get);
  const problem = html("div", { className: "ai-problem", role: "status" });
  const root = html(
    "div",
    { className: "ai-explorer ai-whatif" },
    problem,
    html(
      "div",
      { className: "ai-lab" },
      said,
      html(
        "div",
        { className: "ai-settings" },
        html("div", { className: "ai-sides" }, ...sides.map((side) => side.node)),
        pair.node,
      ),
      html("div", { className: "ai-reached" }, table.node),
      curves.node,
      html("div", { className: "ai-asked" }, asked.node, live.node),
      field.node,
      taken.node,
    ),
    html("p", { className: "ai-note" }, sweep.about.made),
  );

  function drawPair(a, b) {
    sides.forEach((side) => side.draw());
    pair.draw(a, b);
    said.textContent = finding(sweep, a, b);
    table.fill(sweep, a, b);
    curves.draw(a, b);
  }

  let drawn = "";
  function draw(anew) {
    const [a, b] = [get("a"), get("b")];
    // A move of the question leaves the two settings as they are drawn.
    const now = JSON.stringify([a, b]);
    if (anew || drawn !== now) drawPair(a, b);
    drawn = now;
    const answer = asked.draw();
    field.draw(a, b, get("target"), answer);
    live.draw();
    taken.draw();
    problem.textContent = get("_error");
  }
  return mount({ model, el, root, problem, watched: ["a", "b", "target", "_live", "_error"], draw });
}

export default { render };
