// The layers of a graph on one canvas: one of them as a square, or all of them as planes in a stack, the lowest below.

// Layer 0 has most of the nodes and this share of the height; the planes of a stack lean to the right by this share of
// the width. They lie this many pixels apart, and the highest has as many above it: the entry's frame may reach there.
const GROUND = 0.46;
const LEAN = 0.18;
const BETWEEN = 5;
const ABOVE = 12;

// Where points of a layer lie on the canvas: toPixel([x, y]) and toData([x, y]) turn points from -reach to reach into
// pixels and back.
function layerPlane({ left, bottom, width, height, lean, reach }) {
  const share = (value) => (value + reach) / (2 * reach);
  const inside = (value) => Math.max(-reach, Math.min(reach, value));
  const toPixel = ([x, y]) => [left + share(x) * (width - lean) + share(y) * lean, bottom - share(y) * height];
  function toData([x, y]) {
    const up = (bottom - y) / height;
    return [(x - left - up * lean) / (width - lean), up].map((part) => inside((2 * part - 1) * reach));
  }
  const corners = [
    [-reach, -reach],
    [reach, -reach],
    [reach, reach],
    [-reach, reach],
  ].map(toPixel);
  return { toPixel, toData, corners, top: bottom - height, bottom };
}

// The planes of all layers in a stack, or of one alone as a square; planes[layer] is absent where it is not shown.
function layerPlanes({ width, height }, layers, shown, reach) {
  const side = Math.min(width, height);
  if (shown !== "all" || layers === 1) {
    const [left, bottom] = [(width - side) / 2, (height + side) / 2];
    const planes = [];
    planes[shown === "all" ? 0 : shown] = layerPlane({ left, bottom, width: side, height: side, lean: 0, reach });
    return planes;
  }
  const room = height - 4 - ABOVE - BETWEEN * (layers - 1);
  const upper = (room * (1 - GROUND)) / (layers - 1);
  return Array.from({ length: layers }, (_, layer) => {
    const above = layer ? GROUND * room + BETWEEN + (layer - 1) * (upper + BETWEEN) : 0;
    const high = layer ? upper : GROUND * room;
    const flat = { left: 4, width: width - 8, lean: LEAN * width, reach };
    return layerPlane({ ...flat, bottom: height - 4 - above, height: high });
  });
}

// A canvas with the layers, on which the query is dragged. onMove([x, y]) hears where to; draw(paint, layers, shown,
// query) calls paint(sheet), the sheet having planes.
function layeredPlane({ reach, onMove }) {
  const sheetNode = canvas("", 400);
  sheetNode.classList.add("ai-square");
  const node = stage(sheetNode);
  node.classList.add("ai-plane");
  let planes = [];
  // The query is dragged in the lowest layer that is shown.
  const lowest = () => planes.find((plane) => plane);
  const query = handle(node, { label: "query", onMove: (place) => onMove(lowest().toData(place)) });
  query.node.title = "query";
  sheetNode.addEventListener("click", (event) => {
    const place = placeIn(node, event);
    const plane = planes.find((each) => each && place[1] >= each.top && place[1] <= each.bottom);
    if (plane) onMove(plane.toData(place));
  });
  function draw(paint, layers, shown, at) {
    const sheet = startDrawing(sheetNode);
    planes = layerPlanes(sheet, layers, shown, reach);
    paint({ ...sheet, planes });
    query.set(lowest().toPixel(at), `at ${at.map((value) => value.toFixed(2)).join(", ")}`);
  }
  return { node, draw, describe: (text) => sheetNode.setAttribute("aria-label", text) };
}
