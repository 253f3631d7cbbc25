// HNSW in the plane: drag the query, and follow the walk of its search from layer to layer, stop by stop.

// The time of a stop when the walk plays, in milliseconds.
const STOP_MS = 600;
// A step beyond every walk: the whole of it is shown.
const WHOLE = 999;
const M_VALUES = Array.from({ length: 15 }, (_, i) => i + 2);

// What a search found, in the words of lessons/graph_walk.py.
function walkSentence(efSearch, compared, total, rank) {
  const work = `With efSearch ${efSearch} the search compares ${compared} of ${total} vectors`;
  if (rank === 1) return `✓ ${work} and finds the nearest.`;
  return `✗ ${work} and finds the ${ordinal(rank)} nearest; it never met the nearest.`;
}

// What the search does at one of its stops. rank: the place of the nearest vector that it has compared so far.
function stopSentence({ layer, node, fresh }, step, last, rank) {
  const where = `Step ${step} of ${last}, layer ${layer}`;
  const nearest = `Nearest so far: the ${rank === 1 ? "" : `${ordinal(rank)} `}nearest of all.`;
  if (node < 0) return `${where}: the search compares the entry, node ${fresh[0]}. ${nearest}`;
  const links = fresh.length === 1 ? "1 new link" : `${fresh.length || "no"} new links`;
  return `${where}: at node ${node} the search compares the ends of ${links}. ${nearest}`;
}

// The work of a search, its stops, and its graph, as texts of the table.
function walkFacts(graph, stops) {
  const [total, layers, compared] = [graph.points.length, graph.links.length, comparedNodes(stops).size];
  const distances = stops.reduce((sum, { fresh }) => sum + fresh.length, 0);
  const inGround = stops.filter(({ layer, node }) => layer === 0 && node >= 0).length;
  const links = graph.links[0].reduce((sum, ends) => sum + ends.length, 0) / total;
  return [
    `${compared} of ${total} (${asPercent(compared / total)}) by ${distances} distances`,
    `${stops.length - 1}, of which ${inGround} in layer 0`,
    `M ${graph.M}: ${layers === 1 ? "1 layer" : `${layers} layers`}, in layer 0 ${links.toFixed(1)} links per node`,
  ];
}

const layersText = (count) => ({ 1: "layer 0, the only one", 2: "both layers" })[count] ?? `all ${count} layers`;

// Plays steps, one after the other: set(step) shows one. Where the reader wants little motion, a press is one step.
function player({ present, last, set }) {
  const calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  let timer = 0;
  const node = button("", press);
  const advance = () => set(Math.min(present() + 1, last()));
  function stop() {
    clearInterval(timer);
    timer = 0;
    name();
  }
  function press() {
    if (timer) return stop();
    if (present() >= last()) set(0);
    else advance();
    if (!calm.matches) timer = setInterval(() => (present() < last() ? advance() : stop()), STOP_MS);
    name();
  }
  function name() {
    const text = calm.matches ? "next step" : timer ? "⏸ pause" : "▶ play the walk";
    if (node.textContent !== text) node.textContent = text;
  }
  calm.addEventListener("change", stop);
  name();
  function end() {
    stop();
    calm.removeEventListener("change", stop);
  }
  return { node, stop, end };
}

function render({ model, el }) {
  const get = (name) => model.get(name);
  const put = (name, value) => {
    model.set(name, value);
    model.save_changes();
  };
  const { points, queries, tops, efConstruction, reach } = get("_fixed");
  const graphs = new Map();
  function graphOf(M) {
    if (!graphs.has(M)) graphs.set(M, buildGraph(points, tops[M], M, efConstruction));
    return graphs.get(M);
  }
  function buildNext() {
    const next = M_VALUES.find((M) => !graphs.has(M));
    if (next) graphOf(next);
    return next !== undefined;
  }
  const averages = averagesByM({ queries, points, graphOf, buildNext });
  const rounded = (at) => at.map((value) => Math.round(1e4 * value) / 1e4);
  const walkNow = () => walkGraph(graphOf(get("M")), get("query"), get("ef_search"));
  const lastStep = () => walkNow().stops.length - 1;
  const stepNow = () => Math.min(get("step"), lastStep());
  // The last step of one walk is the last of every other.
  const putStep = (step) => put("step", step >= lastStep() ? WHOLE : step);
  const misses = (query, efSearch) => {
    const { found } = walkGraph(graphOf(get("M")), query, efSearch);
    return found[0] !== exactOrder(points, query)[0];
  };

  const play = player({ present: stepNow, last: lastStep, set: putStep });
  const byHand =
    (change) =>
    (...values) => {
      play.stop();
      change(...values);
    };
  const moveTo = byHand((at) => put("query", rounded(at)));
  function setM(M) {
    const layers = Math.max(...tops[M]) + 1;
    if (get("layer") !== "all") put("layer", Math.min(get("layer"), layers - 1));
    put("M", M);
  }
  let given = -1;
  function nextQuery(isWanted) {
    const order = queries.map((_, i) => queries[(given + 1 + i) % queries.length]);
    const next = order.find(isWanted);
    if (!next) return;
    given = queries.indexOf(next);
    moveTo(next);
  }
  const setEf = byHand((efSearch) => put("ef_search", efSearch));
  const efSlider = slider("efSearch", EF_VALUES, String, setEf);
  const MSlider = slider("M", M_VALUES, String, byHand(setM));
  const layerSelect = select("layers", (value) => put("layer", value === "all" ? "all" : Number(value)));
  const stepSlider = slider("step", [0], (step) => `${step} of ${lastStep()}`, byHand(putStep));
  const otherButton = button("another query", () => nextQuery(() => true));
  const missButton = button("a query that misses", () => nextQuery((query) => misses(query, get("ef_search"))));
  efSlider.node.title = "How many nodes the search keeps in layer 0, the nearest so far";
  MSlider.node.title = "How many links a node has at most per layer; in layer 0 it may have twice as many";
  stepSlider.node.classList.add("ai-step");
  stepSlider.node.title = "How far the walk is shown";
  otherButton.title = "Put the query where one of the queries of the curve is";

  const plane = layeredPlane({ reach, onMove: moveTo });
  const chart = averagesChart(setEf);
  const verdict = verdictLine();
  const said = html("p", { className: "ai-note ai-stop-said" });
  const facts = factTable(["vectors compared", "stops", `${queries.length} queries`, "graph"]);
  const title = html("h2");
  const [marks, chartMarks] = [legend(), legend(CHART_LEGEND)];
  let shownOrder = "";
  const problem = html("p", { className: "ai-problem", role: "alert" });
  const buttons = html("div", { className: "ai-buttons ai-wide" }, play.node, otherButton, missButton);
  const controls = [efSlider.node, MSlider.node, layerSelect.node, stepSlider.node, buttons];
  const results = html("section", {}, verdict.node, said, facts.node, title, chart.node, chartMarks.node);
  const root = html(
    "div",
    { className: "ai-explorer ai-lesson ai-graph" },
    html("div", { className: "ai-bar" }, ...controls),
    problem,
    html("div", { className: "ai-view" }, html("div", {}, plane.node, marks.node), results),
  );

  function setOrder(order) {
    if (order !== shownOrder) marks.set(layersLegend(order));
    shownOrder = order;
  }
  function drawChart() {
    const [M, efSearch] = [get("M"), get("ef_search")];
    const row = averages.known(M, efSearch);
    chart.draw((value) => averages.known(M, value), efSearch);
    title.textContent = `Averages of ${queries.length} queries at M ${M}`;
    missButton.disabled = row?.nearest === 1;
    missButton.title = missButton.disabled
      ? "With this M and efSearch, none of the queries misses its nearest"
      : "Put the query where a search with this M and efSearch misses the nearest";
    if (!row) return "being measured …";
    const found = `${asPercent(row.nearest)} find their nearest; recall of 10: ${row.recall.toFixed(2)}`;
    return `${found}; ${asPercent(row.compared)} compared`;
  }
  function setControls(graph, layer, stops, step) {
    efSlider.set(get("ef_search"));
    MSlider.set(graph.M);
    const listed = [...graph.links.keys()].reverse().map((each) => [each, `layer ${each} alone`]);
    layerSelect.set(layer, [["all", layersText(graph.links.length)], ...listed]);
    stepSlider.set(step, [...stops.keys()]);
  }
  function draw() {
    const [M, efSearch, query] = [get("M"), get("ef_search"), get("query")];
    const graph = graphOf(M);
    const layers = graph.links.length;
    const layer = get("layer") === "all" ? "all" : Math.min(get("layer"), layers - 1);
    const { stops, found } = walkGraph(graph, query, efSearch);
    const order = exactOrder(points, query);
    const rank = order.indexOf(found[0]) + 1;
    const last = stops.length - 1;
    const step = Math.min(get("step"), last);
    const shown = stops.slice(0, step + 1);
    const end = step === last ? found[0] : -1;
    const seen = { graph, query, efSearch, stops: shown, all: last, found: end, exact: order[0], rank };
    plane.draw((sheet) => paintLayers(sheet, seen), layers, layer, query);
    const compared = comparedNodes(stops);
    const sentence = walkSentence(efSearch, compared.size, points.length, rank);
    verdict.set(sentence);
    const soFar = comparedNodes(shown);
    said.textContent = stopSentence(stops[step], step, last, order.findIndex((i) => soFar.has(i)) + 1);
    plane.describe(
      `A graph of ${points.length} nodes in ${layers} layers and a query. ${sentence} ${said.textContent}`,
    );
    const [work, stopped, shape] = walkFacts(graph, stops);
    facts.set([work, stopped, drawChart(), shape]);
    setControls(graph, layer, stops, step);
    // What a step does is heard as it is reached.
    stepSlider.input.setAttribute("aria-valuetext", said.textContent);
    setOrder(stopOrder(last));
    problem.textContent = get("_error");
    averages.follow(M, efSearch, drawSoon);
  }

  // The first curve is there when the explorer shows.
  [get("ef_search"), ...EF_VALUES].forEach((efSearch) => averages.measure(get("M"), efSearch));
  const watched = ["query", "M", "ef_search", "layer", "step", "_error"];
  const drawSoon = () => requestAnimationFrame(draw);
  const unmount = mount({ model, el, root, problem, watched, draw });
  return () => {
    averages.end();
    play.end();
    unmount();
  };
}

export default { render };
