// What is drawn on the layers of a graph: nodes, links, and the walk of a search, as far as a step shows it.

// order: how the drawing shows the order of the stops.
const layersLegend = (order) => [
  { text: "query", shape: "cross", colour: PURPLE },
  { text: "entry", shape: "square", filled: false },
  { text: `stop: its links are followed; ${order}`, shape: "circle", colour: SKY },
  { text: "compared and kept", shape: "circle", filled: false },
  { text: "compared, not kept", shape: "circle", colour: GREY, filled: false },
  { text: "never compared", shape: "circle", colour: GREY },
  { text: "link", line: true, colour: GREY },
  { text: "way of the search", line: true },
  { text: "down one layer", line: true, dash: [2, 4] },
  { text: "true nearest", shape: "star", colour: GREEN },
  { text: "found, right", line: true, colour: GREEN },
  { text: "found, wrong", line: true, dash: [5, 3], colour: VERMILION },
];
// More stops than this are shaded, not numbered.
const MOST_NUMBERS = 24;
const stopOrder = (stops) => (stops > MOST_NUMBERS ? "the fuller its colour, the later" : "numbered in order");

// ---- the walk ----------------------------------------------------------------------------------------------------

// What a walk has done in one layer after some of its stops: its stops with their places in the walk, the ids that it
// has compared, and those of them that it keeps.
function walkInLayer(graph, query, { stops, layer, efSearch }) {
  const own = stops.map((stop, place) => ({ ...stop, place })).filter((stop) => stop.layer === layer);
  const passed = own.filter((stop) => stop.node >= 0);
  const compared = new Set(own.flatMap((stop) => stop.fresh));
  // The node that the search came down on is known here without a comparison.
  const known = new Set([...compared, ...passed.slice(0, 1).map((stop) => stop.node)]);
  const pairs = [...known].map((i) => [squared32(graph.points[i], query.map(Math.fround)), i]).sort(byDistance);
  const kept = new Set(pairs.slice(0, layer === 0 ? efSearch : 1).map(([, i]) => i));
  return { passed, compared, known, kept };
}

// Lines between pairs of places, in one stroke of the pen.
function drawSegments(pen, pairs, { colour, width = 1, opacity = 1, dash = [] }) {
  pen.save();
  Object.assign(pen, { strokeStyle: colour, lineWidth: width, globalAlpha: opacity });
  pen.setLineDash(dash);
  pen.beginPath();
  for (const [from, to] of pairs) {
    pen.moveTo(...from);
    pen.lineTo(...to);
  }
  pen.stroke();
  pen.restore();
}

// Rings at places, filled with paper, in one stroke of the pen.
function drawRings(pen, places, radius, colour, width) {
  pen.save();
  Object.assign(pen, { strokeStyle: colour, fillStyle: pen.paper, lineWidth: width });
  pen.beginPath();
  for (const [x, y] of places) {
    pen.moveTo(x + radius, y);
    pen.arc(x, y, radius, 0, 2 * Math.PI);
  }
  pen.fill();
  pen.stroke();
  pen.restore();
}

// A stop of the walk: a disc of its own with its number, or in a fuller colour the later it comes; the present one has
// a ring.
function drawStop({ pen, ink }, [x, y], { place, numbered, share, present }) {
  const radius = numbered ? 7.5 : 4.5;
  drawRings(pen, [[x, y]], radius, ink, 1.4);
  pen.save();
  pen.fillStyle = SKY;
  pen.globalAlpha = numbered ? 0.75 : 0.2 + 0.8 * share;
  pen.beginPath();
  pen.arc(x, y, radius, 0, 2 * Math.PI);
  pen.fill();
  pen.restore();
  if (numbered) {
    pen.save();
    Object.assign(pen, { font: "600 10px system-ui, sans-serif", textAlign: "center" });
    pen.fillText(String(place), x, y + 3.5);
    pen.restore();
  }
  if (!present) return;
  pen.save();
  Object.assign(pen, { strokeStyle: ink, lineWidth: 2.5 });
  pen.beginPath();
  pen.arc(x, y, radius + 4, 0, 2 * Math.PI);
  pen.stroke();
  pen.restore();
}

// ---- a layer -----------------------------------------------------------------------------------------------------

// What is seen of a search: graph, query, efSearch, stops (those that the step shows), all (their number in the whole
// walk), found (the id, or -1 before the walk ends), rank (of what is found, 1 the nearest),
// exact (the id of the nearest).
function paintLayers(sheet, seen) {
  const { pen, planes } = sheet;
  const parts = planes.map((_, layer) => walkInLayer(seen.graph, seen.query, { ...seen, layer }));
  planes.forEach((plane, layer) => paintGround(sheet, plane, seen.graph.links[layer], seen.graph.points, parts[layer]));
  planes.forEach((plane, layer) => {
    const below = planes[layer - 1];
    const down = parts[layer - 1]?.passed[0];
    if (!below || !down) return;
    const at = seen.graph.points[down.node];
    drawLine(pen, [plane.toPixel(at), below.toPixel(at)], { colour: sheet.ink, dash: [2, 4], width: 1.5 });
  });
  planes.forEach((plane, layer) => paintWalk(sheet, plane, layer, seen, parts[layer]));
}

function paintGround({ pen, ink }, { toPixel, corners }, links, points, { compared, known }) {
  drawArea(pen, corners, ink, 0.04);
  drawLine(pen, [...corners, corners[0]], { opacity: 0.35 });
  const places = points.map(toPixel);
  // A link that goes both ways is one line.
  const pairs = [];
  links.forEach((ends, i) => {
    for (const j of ends) if (i < j || !links[j].includes(i)) pairs.push([places[i], places[j]]);
  });
  drawSegments(pen, pairs, { colour: GREY, opacity: 0.4 });
  const others = [...links.keys()].filter((i) => links[i] && !compared.has(i) && !known.has(i));
  drawDots(
    pen,
    others.map((i) => places[i]),
    2,
    GREY,
  );
}

function paintWalk(sheet, plane, layer, seen, { passed, compared, kept }) {
  const { pen, ink, paper } = sheet;
  const { graph, query, stops, all, found, exact } = seen;
  const at = (i) => plane.toPixel(graph.points[i]);
  const came = new Map(passed.flatMap(({ node, fresh }) => fresh.map((j) => [j, node])));
  const present = stops[stops.length - 1];
  drawSegments(
    pen,
    [...came].map(([j, node]) => [at(node), at(j)]),
    { colour: ink, opacity: 0.45 },
  );
  const ways = passed.filter(({ node }) => came.has(node)).map(({ node }) => [at(came.get(node)), at(node)]);
  drawSegments(pen, ways, { colour: ink, width: 2.5 });
  const rings = [...compared];
  drawRings(pen, rings.filter((i) => !kept.has(i)).map(at), 3.2, GREY, 1.6);
  drawRings(pen, rings.filter((i) => kept.has(i)).map(at), 4.2, ink, 1.8);
  const shown = plane.toPixel(query);
  if (found >= 0 && layer === 0) {
    drawLine(pen, [shown, at(found)], { colour: paper, width: 6 });
    drawLine(pen, [shown, at(found)], foundLine(found === exact));
  }
  passed.forEach(({ node, place }) => {
    const look = { place, numbered: all <= MOST_NUMBERS, share: place / all, present: place === stops.length - 1 };
    drawStop(sheet, at(node), look);
  });
  if (layer === graph.links.length - 1) {
    const radius = present.node < 0 ? 9 : 11;
    drawFrameRound(sheet, at(graph.entry), radius);
  }
  if (layer === 0 && found >= 0 && found !== exact) nameMiss(sheet, at, seen, shown);
  drawMark(pen, "cross", ...shown, 7, PURPLE, true, { halo: true });
  if (graph.links[layer][exact]) drawMark(pen, "star", ...at(exact), 7, GREEN, true, { halo: true });
  nameLayer(sheet, plane, layer, graph.links[layer]);
}

// A hollow square round the node in which every search begins.
function drawFrameRound({ pen, ink }, [x, y], radius) {
  pen.save();
  Object.assign(pen, { strokeStyle: ink, lineWidth: 2 });
  pen.strokeRect(x - radius, y - radius, 2 * radius, 2 * radius);
  pen.restore();
}

// The name of a layer, in the free corner to the left of its plane.
function nameLayer({ pen, ink, paper }, { top, bottom }, layer, links) {
  const count = links.filter((ends) => ends).length;
  const nodes = count === 1 ? "1 node" : `${count} nodes`;
  const style = { colour: ink, halo: paper };
  const isLow = bottom - top < 48;
  drawText(pen, `layer ${layer}`, 5, top + 13, { ...style, bold: true });
  // A low plane has no room for a second line.
  if (!isLow) drawText(pen, nodes, 5, top + 27, style);
}

// 1st, 2nd, 3rd, 4th, 11th, 21st and so on.
function ordinal(n) {
  const isTeen = [11, 12, 13].includes(n % 100);
  return `${n}${(!isTeen && { 1: "st", 2: "nd", 3: "rd" }[n % 10]) || "th"}`;
}

// In words what a miss is: what was found, and what the search never met; shown: where the query is, which stays free.
function nameMiss(sheet, at, { found, exact, rank }, shown) {
  const labels = [
    { text: "nearest: never met", at: at(exact), radius: 9, bold: true },
    { text: `found: ${ordinal(rank)} nearest`, at: at(found), radius: 12 },
  ];
  drawLabels(sheet, labels, [{ at: shown, radius: 9 }]);
}
