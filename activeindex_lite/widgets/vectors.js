// An index of one's own vectors: the nearest of a query by brute force and by the index, the cells that its search
// visits, and recall over all its settings. Everything came once, so every move stays in the page.

const percent = (share) => `${(100 * share).toFixed(share < 0.1 ? 1 : 0)} %`;

// Ranks, names and distances as a table, with small pictures where there are any. set(rows): [{ rank, name, image,
// distance, right, why }, ...]; why: how it was lost, a small line below the name.
function neighbourTable(caption) {
  const body = html("tbody");
  const headings = ["", "vector", "distance"].map((text) => html("th", { scope: "col" }, text));
  const node = html(
    "table",
    { className: "ai-neighbours" },
    html("caption", {}, caption),
    html("thead", {}, html("tr", {}, ...headings)),
    body,
  );
  function rowOf({ rank, name, image, distance, right, why }) {
    const picture = image ? [html("img", { src: image, alt: "" })] : [];
    const lost = why ? [html("small", {}, why)] : [];
    const cells = [
      `${right ? "✓" : "✗"} ${rank}`,
      html("span", {}, ...picture, html("span", {}, name, ...lost)),
      distance ?? "—",
    ];
    const row = html("tr", {}, ...cells.map((content) => html("td", {}, content)));
    row.classList.add(right ? "ai-hit" : "ai-miss");
    return row;
  }
  return { node, set: (rows) => body.replaceChildren(...rows.map(rowOf)) };
}

// The cells in the order in which a search visits them: a bar as long as what the cell holds, and some of it in words.
function cellList() {
  const node = html("ol", { className: "ai-cells", tabIndex: 0, "aria-label": "cells" });
  function itemOf({ cell, size, names, nearest, share, visited }) {
    const bar = html("span", { className: "ai-cell-bar" });
    bar.style.setProperty("--share", `${100 * share}%`);
    const more = size > names.length ? ", …" : "";
    const words = `cell ${cell}: ${grouped(size)} vectors, ${nearest} of the nearest`;
    const state = visited ? "visited" : "not visited";
    const item = html(
      "li",
      {},
      html("strong", {}, words),
      ` (${state})`,
      bar,
      html("small", {}, names.join(", ") + more),
    );
    item.classList.toggle("ai-visited", visited);
    return item;
  }
  return { node, set: (cells) => node.replaceChildren(...cells.map(itemOf)) };
}

function render({ model, el }) {
  const get = (name) => model.get(name);
  const put = (name, value) => {
    model.set(name, value);
    model.save_changes();
  };
  const fixed = get("_fixed");
  const { exact, found, searches, values, recall, compared, ms } = fixed;
  const k = exact[0].length;
  const querySelect = select("query", (place) => put("query", Number(place)));
  const options = fixed.queries.map((name, i) => [String(i), name]);
  const places = searches.map((_, i) => i);
  const search = slider(
    EFFORT_NAMES[fixed.setting] ?? "search",
    places,
    (i) => searches[i],
    (i) => put("search", i),
  );
  search.input.disabled = searches.length < 2;
  const queried = captionedPicture("");
  queried.node.hidden = !Object.keys(fixed.query_pictures).length;
  queried.node.classList.add("ai-queried");
  const verdict = verdictLine();
  const byForce = neighbourTable("By brute force (✓ found, ✗ missed)");
  const byIndex = neighbourTable("By the index (✓ nearest, ✗ other)");
  const cells = cellList();
  const curve = canvas("", 200);
  const cost = html("p", { className: "ai-note" });
  const problem = html("p", { className: "ai-problem", role: "alert" });
  const cellPart = section("Cells, in the order of the search", cells.node);
  cellPart.hidden = !fixed.nlist;
  const about = `${fixed.index}: ${grouped(fixed.stored)} vectors of ${fixed.d} numbers, ${fixed.bytes} bytes each.`;
  const ownText = fixed.own ? " The queries are stored vectors, so each finds itself." : "";
  const curvePart = section(
    `Recall of ${k}, average of ${fixed.queries.length} queries`,
    curve,
    legend([
      { shape: "circle", colour: ORANGE, filled: false, text: "recall" },
      { shape: "square", colour: SKY, filled: false, text: "share of vectors compared" },
    ]).node,
    cost,
  );
  const lists = html("div", { className: "ai-lists" }, byForce.node, byIndex.node);
  const root = html(
    "div",
    { className: "ai-explorer ai-vectors" },
    html("div", { className: "ai-bar" }, search.node, querySelect.node),
    problem,
    html("div", { className: "ai-head" }, queried.node, verdict.node),
    html("div", { className: "ai-parts" }, lists, html("div", {}, curvePart, cellPart)),
    html("p", { className: "ai-note" }, about + ownText),
  );

  // How one of the nearest was lost: with its cell, the so many-th in the order, or by its code in a visited one.
  function whyLost(query, i, present) {
    const rank = fixed.ranks[query]?.[i];
    if (rank === undefined) return "";
    return rank > values[present] ? `unvisited (no. ${rank})` : "lost by its code";
  }

  function drawLists(query, present) {
    const met = found[present][query];
    const row = (id, i, distances, right) => ({
      rank: i + 1,
      name: fixed.names[id] ?? "nothing more was met",
      image: fixed.pictures[id],
      distance: distances[i]?.toPrecision(3),
      right,
    });
    byForce.set(
      exact[query].map((id, i) => {
        const right = met.includes(id);
        return { ...row(id, i, fixed.exact_distances[query], right), why: right ? "" : whyLost(query, i, present) };
      }),
    );
    byIndex.set(met.map((id, i) => row(id, i, fixed.distances[present][query], exact[query].includes(id))));
  }

  function drawCells(query, present) {
    const order = fixed.visited[query];
    const most = Math.max(...order.map((cell) => fixed.cells[cell][0]), 1);
    cells.set(
      order.map((cell, i) => {
        const [size, names, near] = fixed.cells[cell];
        const nearest = exact[query].filter((id) => near.includes(id)).length;
        return { cell, size, names, nearest, share: size / most, visited: i < values[present] };
      }),
    );
  }

  function drawCurve(present) {
    const ticks = values.map((value, i) => [i, String(value)]);
    const label = EFFORT_NAMES[fixed.setting] ?? "search";
    const rows = (numbers) => numbers.map((value, i) => [i, Math.min(value, 1)]);
    drawCurves(curve, {
      curves: [
        { rows: rows(compared), colour: SKY, shape: "square" },
        { rows: rows(recall), colour: ORANGE, shape: "circle" },
      ],
      ticks,
      label,
      present,
    });
    const told = values.map((value, i) => `${recall[i].toFixed(2)} at ${value}`).join(", ");
    curve.setAttribute("aria-label", `Recall over ${label}: ${told}.`);
    const time = `${Number(ms[present].toPrecision(2))} ms per search on one thread`;
    const work = `${percent(compared[present])} of the vectors compared`;
    cost.textContent = `${searches[present]}: recall ${recall[present].toFixed(2)}, ${work}, ${time}.`;
  }

  function draw() {
    const [query, present] = [get("query"), get("search")];
    querySelect.set(String(query), options);
    search.set(present);
    const right = exact[query].filter((id) => found[present][query].includes(id)).length;
    const image = fixed.query_pictures[query];
    if (image) queried.image.src = image;
    queried.image.alt = `the query: ${fixed.queries[query]}`;
    queried.text.textContent = fixed.queries[query];
    verdict.set(`${right === k ? "✓" : "✗"} ${searches[present]}: ${right} of the ${k} nearest found.`);
    drawLists(query, present);
    drawCells(query, present);
    drawCurve(present);
    problem.textContent = get("_error");
  }
  return mount({ model, el, root, problem, watched: ["query", "search", "_error"], draw });
}

export default { render };
