// An inverted file in the plane: drag the query and the centroids, visit more cells, and run k-means step by step.

const GRID = 72;

const IVF_LEGEND = [
  { text: "query", shape: "cross", colour: PURPLE },
  { text: "centroid", shape: "circle", colour: GREY, filled: false },
  { text: "visited cell, by rank", area: true, colour: SKY },
  { text: "vector, compared", shape: "circle" },
  { text: "not compared", shape: "circle", colour: GREY },
  { text: "true nearest", shape: "star", colour: GREEN },
  { text: "found, right", line: true, colour: GREEN },
  { text: "found, wrong", line: true, dash: [5, 3], colour: VERMILION },
  { text: "a query here would miss", line: true, dash: [2, 4], colour: VERMILION },
];

// What the search of the figure found, in one sentence; places counted from 1.
function searchSentence({ visited, compared, found }, exact, exactRank, total) {
  const work = `Visiting ${cellsText(visited.length)}, the search compares ${compared.length} of ${total} vectors`;
  if (found === exact) return `✓ ${work} and finds the nearest.`;
  if (found < 0) return `✗ ${work} and finds nothing: its cells are empty.`;
  return `✗ ${work} and misses the nearest, which lies in the cell of rank ${exactRank}.`;
}

// What a reader's own search returned for this very query, or nothing.
function answerSentence(answer, setting, found) {
  if (!answer.of) return "";
  if (JSON.stringify(answer.of) !== JSON.stringify(setting)) return "Your search is running …";
  if (answer.said) return answer.said;
  if (answer.id === found) return `✓ Your search returns the same: vector ${answer.id}.`;
  return `✗ Your search returns vector ${answer.id}; the nearest of those compared is vector ${found}.`;
}

function render({ model, el }) {
  const get = (name) => model.get(name);
  const put = (name, value) => {
    model.set(name, value);
    model.save_changes();
  };
  const { points, start, reach, most } = get("_fixed");
  const grid = gridOfPlaces(points, reach, GRID);
  const rounded = (at) => at.map((value) => Math.round(1e4 * value) / 1e4);
  let iterations = 0;

  function moveTo(name, at) {
    if (name === "query") return put("query", rounded(at));
    iterations = 0;
    put(
      "centroids",
      get("centroids").map((old, cell) => (`centroid ${cell + 1}` === name ? rounded(at) : old)),
    );
  }
  function newCentroids(centroids, count = 0) {
    iterations = count;
    put("nprobe", Math.min(get("nprobe"), centroids.length));
    put("centroids", centroids.map(rounded));
  }
  const stepButton = button("k-means: one step", () => {
    newCentroids(kmeansStep(points, get("centroids")), iterations + 1);
  });
  const startButton = button("scatter centroids", () => newCentroids(start));
  const addButton = button("add a centroid", () => newCentroids([...get("centroids"), get("query")]));
  const removeButton = button("remove a centroid", () => {
    const nearest = nearestPoint(get("centroids"), get("query"));
    newCentroids(get("centroids").filter((_, cell) => cell !== nearest));
  });
  stepButton.title = "Move each centroid to the mean of the vectors in its cell";
  startButton.title = "Put the centroids on random vectors";
  addButton.title = "Put one more centroid where the query is";
  removeButton.title = "Take away the centroid that is nearest to the query";

  const plane = movingPlane({ reach, onMove: moveTo, onPick: (at) => put("query", rounded(at)) });
  const nprobeSlider = slider("nprobe", [1, 2, 3, 4, 5], cellsText, (nprobe) => put("nprobe", nprobe));
  const missedTick = tick("mark every place where a query misses its nearest", (ticked) => put("missed", ticked));
  const [verdict, own] = [verdictLine(), verdictLine()];
  const facts = factTable(["distances computed", "places that miss", "k-means"]);
  const marks = legend(IVF_LEGEND);
  const problem = html("p", { className: "ai-problem", role: "alert" });
  const buttons = html("div", { className: "ai-buttons ai-wide" }, stepButton, startButton, addButton, removeButton);
  const root = html(
    "div",
    { className: "ai-explorer ai-lesson" },
    html("div", { className: "ai-bar" }, nprobeSlider.node, missedTick.node, buttons),
    problem,
    html(
      "div",
      { className: "ai-view" },
      plane.node,
      html("section", {}, verdict.node, own.node, facts.node, marks.node),
    ),
  );

  function draw() {
    const [centroids, query] = [get("centroids"), get("query")];
    const nprobe = Math.min(get("nprobe"), centroids.length);
    const lists = postingLists(points, centroids);
    const search = searchCells(points, centroids, lists, query, nprobe);
    const exact = nearestPoint(points, query);
    const exactCell = lists.findIndex((list) => list.includes(exact));
    const missed = missedPlaces(grid, points, centroids, nprobe);
    const placed = (name, at) => ({ name, at, text: `at ${at.map((value) => value.toFixed(2)).join(", ")}` });
    const handles = centroids.map((at, cell) => placed(`centroid ${cell + 1}`, at));
    const shownMissed = get("missed") ? missed : [];
    plane.draw(
      (sheet) => paintIvf(sheet, { points, centroids, query, reach, search, exact, missed: shownMissed }),
      [...handles, placed("query", query)],
    );
    const sentence = searchSentence(search, exact, rankedCells(centroids, query).indexOf(exactCell) + 1, points.length);
    plane.describe(`${centroids.length} cells in the plane and a query. ${sentence}`);
    verdict.set(sentence);
    own.set(answerSentence(get("_answer") ?? {}, [query, nprobe, centroids], search.found));
    own.node.hidden = !own.node.textContent;
    const error = meanError(points, centroids).toFixed(4);
    facts.set([
      `${centroids.length} to centroids + ${search.compared.length} to vectors; brute force ${points.length}`,
      `${((100 * missed.length) / grid.length).toFixed(1)} % of the plane at nprobe ${nprobe}`,
      `${iterations ? `step ${iterations}: ` : ""}mean squared distance to the centroid ${error}`,
    ]);
    const counts = [1, 2, 3, 4, 5].filter((count) => count <= centroids.length);
    nprobeSlider.set(nprobe, counts);
    missedTick.set(get("missed"));
    addButton.disabled = centroids.length >= most || centroids.some((at) => squaredLength(at, query) < 1e-6);
    removeButton.disabled = centroids.length < 2;
    problem.textContent = get("_error");
  }

  const watched = ["query", "nprobe", "centroids", "missed", "_answer", "_error"];
  return mount({ model, el, root, problem, watched, draw });
}

function drawRank({ pen, ink }, [x, y], text) {
  drawMark(pen, "circle", x, y, 9, SKY, false);
  drawText(pen, text, x, y + 4, { align: "center", bold: true, colour: ink });
}

function paintIvf(sheet, { points, centroids, query, reach, search, exact, missed }) {
  const { pen, ink, paper, toPixel } = sheet;
  const cells = centroids.map((_, cell) => cellCorners(centroids, cell, reach).map(toPixel));
  search.visited.forEach((cell) => drawArea(pen, cells[cell], SKY, 0.32));
  drawDots(
    pen,
    missed.map(({ place }) => toPixel(place)),
    1.4,
    VERMILION,
  );
  cells.forEach((corners) => drawLine(pen, [...corners, corners[0]], { opacity: 0.45 }));
  const isCompared = new Set(search.compared);
  const places = points.map(toPixel);
  const others = places.filter((_, i) => !isCompared.has(i));
  drawDots(pen, others, 2, GREY);
  const compared = search.compared.map((i) => places[i]);
  drawDots(pen, compared, 3.2, ink);
  if (search.found >= 0) {
    const ends = [toPixel(query), toPixel(points[search.found])];
    drawLine(pen, ends, { colour: paper, width: 6 });
    drawLine(pen, ends, foundLine(search.found === exact));
  }
  centroids.forEach((at, cell) => {
    const rank = search.visited.indexOf(cell) + 1;
    if (rank) drawRank(sheet, toPixel(at), String(rank));
    else drawMark(pen, "circle", ...toPixel(at), 4, GREY, false);
  });
  drawMark(pen, "cross", ...toPixel(query), 7, PURPLE, true, { halo: true });
  drawMark(pen, "star", ...places[exact], 7, GREEN, true, { halo: true });
}

export default { render };
