// HNSW as scratch/hnsw.py builds and searches it, for points of the plane. tests/test_graph_explorer.py compares links,
// walks and averages with it. Distances are squared and rounded to 32 bits, as numpy does: no tie is broken otherwise.

function squared32([a, b], [c, d]) {
  const right = Math.fround(a - c);
  const up = Math.fround(b - d);
  return Math.fround(Math.fround(right * right) + Math.fround(up * up));
}

const byDistance = ([a, i], [b, j]) => a - b || i - j;
// Of equally far nodes, the one with the smaller id comes last, and leaves the list first.
const byDistanceLastLeaves = ([a, i], [b, j]) => a - b || j - i;

// Puts a pair [distance, id] into a list that is in order.
function putInOrder(list, pair, order) {
  let at = list.length;
  while (at > 0 && order(list[at - 1], pair) > 0) at--;
  list.splice(at, 0, pair);
}

// A graph over points [[x, y], ...], whose top layers `tops` Python draws: links[layer][i] are the nodes that node i
// links to (undefined where the layer does not have it).
function buildGraph(points, tops, M, efConstruction) {
  const graph = { points: points.map((at) => at.map(Math.fround)), M, links: [], entry: -1 };
  tops.forEach((top, i) => insertNode(graph, i, top, efConstruction));
  return graph;
}

// Algorithm 1 of the paper: down to the top layer of node i, then links in this layer and in all below.
function insertNode(graph, i, top, efConstruction) {
  const { points, links } = graph;
  const highest = links.length - 1;
  let near = i ? [[squared32(points[i], points[graph.entry]), graph.entry]] : [];
  for (let layer = highest; layer >= 0; layer--) {
    near = searchLayer(graph, points[i], near, layer > top ? 1 : efConstruction, layer);
    if (layer <= top) linkNode(graph, i, near, layer);
  }
  for (let layer = highest + 1; layer <= top; layer++) {
    const ends = [];
    ends[i] = [];
    links.push(ends);
    graph.entry = i;
  }
}

// Links node i with the best of its near ones, both ways; a node with too many links keeps the best.
function linkNode({ points, links, M }, i, near, layer) {
  const most = layer === 0 ? 2 * M : M;
  links[layer][i] = near.length < most ? near.map(([, j]) => j) : chosenLinks(points, near, most);
  for (const j of links[layer][i]) {
    const ends = links[layer][j];
    ends.push(i);
    if (ends.length <= most) continue;
    const pairs = ends.map((end) => [squared32(points[j], points[end]), end]).sort(byDistance);
    links[layer][j] = chosenLinks(points, pairs, most);
  }
}

// Algorithm 4: a candidate that is nearer to a node already chosen than to the new node is left out.
function chosenLinks(points, near, most) {
  const chosen = [];
  for (const [distance, j] of near) {
    if (chosen.every((other) => distance < squared32(points[j], points[other]))) chosen.push(j);
    if (chosen.length === most) break;
  }
  return chosen;
}

// Algorithm 2: the ef nodes of a layer nearest to `at` that a walk from `near` meets, as pairs [distance, id] in order.
// Each stop of the walk goes onto `stops`, where that is given.
function searchLayer({ points, links }, at, near, ef, layer, stops) {
  const met = new Set(near.map(([, j]) => j));
  const open = [...near].sort(byDistance);
  const best = [...near].sort(byDistanceLastLeaves);
  while (open.length) {
    const [distance, node] = open.shift();
    if (best.length >= ef && distance > best[best.length - 1][0]) break;
    const fresh = links[layer][node].filter((j) => !met.has(j));
    stops?.push({ layer, node, fresh });
    for (const j of fresh) {
      met.add(j);
      const pair = [squared32(points[j], at), j];
      if (best.length >= ef && pair[0] >= best[best.length - 1][0]) continue;
      putInOrder(open, pair, byDistance);
      putInOrder(best, pair, byDistanceLastLeaves);
      if (best.length > ef) best.pop();
    }
  }
  return best.sort(byDistance);
}

// Algorithm 5, one search: its stops [{ layer, node, fresh }, ...], where the first (node -1) compares the entry alone
// and each other one compares the links of its node that are new to the layer; and the efSearch nearest met, `found`.
function walkGraph(graph, query, efSearch) {
  const { points, links, entry } = graph;
  const at = query.map(Math.fround);
  const stops = [{ layer: links.length - 1, node: -1, fresh: [entry] }];
  let near = [[squared32(points[entry], at), entry]];
  for (let layer = links.length - 1; layer >= 0; layer--) {
    near = searchLayer(graph, at, near, layer === 0 ? efSearch : 1, layer, stops);
  }
  return { stops, found: near.map(([, j]) => j) };
}

// The ids of all nodes that a walk compares, each once.
const comparedNodes = (stops) => new Set(stops.flatMap(({ fresh }) => fresh));

// All points, the nearest to a query first.
function exactOrder(points, query) {
  const at = query.map(Math.fround);
  const pairs = points.map((point, i) => [squared32(point.map(Math.fround), at), i]);
  return pairs.sort(byDistance).map(([, i]) => i);
}

// Over many queries: the share whose nearest is found, the mean share of the 10 nearest that a search for 10 finds
// (it keeps at least 10 nodes, as faiss does), and the mean share of all vectors that a walk compares. orders: of each
// query, exactOrder.
function averagesOf(graph, queries, orders, efSearch) {
  const sums = { nearest: 0, recall: 0, compared: 0 };
  queries.forEach((query, i) => {
    const { stops, found } = walkGraph(graph, query, efSearch);
    const ten = efSearch < 10 ? walkGraph(graph, query, 10).found : found;
    const wanted = orders[i].slice(0, 10);
    sums.nearest += found[0] === wanted[0];
    sums.recall += ten.slice(0, 10).filter((j) => wanted.includes(j)).length / wanted.length;
    sums.compared += comparedNodes(stops).size / graph.points.length;
  });
  return Object.fromEntries(Object.entries(sums).map(([name, sum]) => [name, sum / queries.length]));
}
