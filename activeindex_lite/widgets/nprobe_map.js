// The maps of the nprobe explorer: the cells around a query as a disc, the nearest cell in the middle, and a lens over
// the first of them.

const MAP = 400;
// The cells that the lens numbers, and those that it has room for.
const NUMBERED = 16;
const IN_LENS = 26;

// How far from the middle the cell of that rank lies, as a share of the disc's radius (as lessons/ivf.py's disc_map).
const discRadius = (rank, nlist) => (rank / nlist) ** (1 / 3);
const lensZoom = (nlist) => Math.max(1, 1 / discRadius(IN_LENS, nlist));

// Which cell each pixel of the disc belongs to: an array of cell numbers (0: the nearest), -1 outside the disc.
// places: the cells' points [x, y, x, y, ...] in thousandths of the radius, in order of rank; zoom: how many times the
// middle is enlarged. Each pixel goes to the nearest point. That is found by jump flooding: pixels ask neighbours, from
// far to near, for the point they know.
function cellsOfPixels(places, size, zoom) {
  const cells = new Int16Array(size * size).fill(-1);
  const points = pixelsOfPoints(places, size, zoom);
  points.forEach(([x, y], cell) => {
    const [column, row] = [Math.round(x), Math.round(y)];
    // A point beyond the edge stands at the nearest pixel inside, from where the flood starts.
    const inside = (place) => Math.min(size - 1, Math.max(0, place));
    const pixel = inside(row) * size + inside(column);
    if (cells[pixel] < 0) cells[pixel] = cell;
  });
  for (let jump = 256; jump >= 1; jump /= 2) askNeighbours(cells, points, size, jump);
  clearOutside(cells, size);
  return cells;
}

function pixelsOfPoints(places, size, zoom) {
  const half = size / 2;
  const points = [];
  for (let i = 0; i < places.length; i += 2) {
    const toPixel = (thousandths) => Math.fround(half + zoom * (thousandths / 1000) * (half - 2));
    points.push([toPixel(places[i]), toPixel(places[i + 1])]);
  }
  return points;
}

// One round of jump flooding: each pixel compares its own point with those of the eight pixels `jump` away.
function askNeighbours(cells, points, size, jump) {
  const squaredDistance = (cell, x, y) => (points[cell][0] - x) ** 2 + (points[cell][1] - y) ** 2;
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      const pixel = y * size + x;
      let nearest = cells[pixel];
      let least = nearest < 0 ? Infinity : squaredDistance(nearest, x, y);
      for (let row = y - jump; row <= y + jump; row += jump) {
        if (row < 0 || row >= size) continue;
        for (let column = x - jump; column <= x + jump; column += jump) {
          if (column < 0 || column >= size) continue;
          const other = cells[row * size + column];
          if (other < 0 || other === nearest) continue;
          const distance = squaredDistance(other, x, y);
          if (distance < least) {
            least = distance;
            nearest = other;
          }
        }
      }
      cells[pixel] = nearest;
    }
  }
}

function clearOutside(cells, size) {
  const half = size / 2;
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) {
      if (Math.hypot(x - half, y - half) > half - 1) cells[y * size + x] = -1;
    }
  }
}

// A colour as canvases store it on the machines that browsers run on: red in the lowest byte.
function packed([red, green, blue], opacity) {
  return ((opacity << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

// The state of a cell, as bits.
const VISITED = 1;
const OWN = 2;
const CHOSEN = 4;

// For each pixel the cell on the other side of a border that is at most two pixels away, or -1. What depends on the
// places alone is found once, so that a move of nprobe only looks up colours.
function neighboursOf(cells, size) {
  const others = new Int16Array(cells.length).fill(-1);
  const steps = [1, size, -1, -size, 2, 2 * size];
  for (let pixel = 0; pixel < cells.length; pixel++) {
    const cell = cells[pixel];
    if (cell < 0) continue;
    for (const step of steps) {
      const other = cells[pixel + step];
      if (other === undefined || other === cell || other < 0) continue;
      others[pixel] = other;
      break;
    }
  }
  return others;
}

// Colour the pixels: visited cells sky blue with a dark edge where the visited part ends, the original's cell green
// (filled once it is visited), the chosen cell with an edge of ink.
function paintCells(image, { cells, others }, { rank, nprobe, chosen, ink, nlist }) {
  const pixels = new Uint32Array(image.data.buffer);
  const states = new Uint8Array(nlist).fill(VISITED, 0, nprobe);
  states[rank - 1] |= OWN;
  states[chosen - 1] |= CHOSEN;
  const [sky, edge, green, outline] = [SKY, legible(SKY, ink), GREEN, ink].map(channelsOf);
  const unseen = packed([128, 128, 128], 26);
  const inside = [unseen, packed(sky, 190), unseen, packed(green, 235)];
  const thin = packed([128, 128, 128], 120);
  // The colour of a border, by the bits that its two cells have and by those in which they differ.
  const edgeOf = (both, differ) => {
    if (both & CHOSEN) return packed(outline, 255);
    if (both & OWN) return packed(green, 255);
    return differ & VISITED ? packed(edge, 255) : thin;
  };
  const edges = Uint32Array.from({ length: 64 }, (_, at) => edgeOf(at >> 3, at & 7));
  for (let pixel = 0; pixel < cells.length; pixel++) {
    const cell = cells[pixel];
    if (cell < 0) continue;
    const other = others[pixel];
    const state = states[cell];
    const next = other < 0 ? state : states[other];
    const isEdge = other >= 0 && (state !== next || state > VISITED || cell < other);
    pixels[pixel] = isEdge ? edges[((state | next) << 3) | (state ^ next)] : inside[state & 3];
  }
}

// One of the two maps, with its picture of the cells, of which only the colours change with nprobe. label: what the map
// shows; zoomOf(nlist); onPick(rank) hears of a click on a cell. draw(view, about, nprobe, chosen).
function cellMap({ label, zoomOf, onPick, keyboard }) {
  const node = canvas("", MAP);
  node.style.height = "";
  const box = stage(node);
  const sheet = html("canvas", { width: MAP, height: MAP });
  const image = sheet.getContext("2d").createImageData(MAP, MAP);
  const now = { key: "", cells: null, zoom: 1 };
  const scale = () => Math.min(node.clientWidth, node.clientHeight) / 2;

  function toPixels(cell) {
    const middle = [node.clientWidth / 2, node.clientHeight / 2];
    const place = now.view.places.slice(2 * cell, 2 * cell + 2);
    return place.map((thousandths, axis) => middle[axis] + now.zoom * (thousandths / 1000) * (scale() - 2));
  }
  function find([x, y]) {
    const [column, row] = [x - node.clientWidth / 2, y - node.clientHeight / 2].map((from) =>
      Math.floor((from / scale() + 1) * (MAP / 2)),
    );
    const isInside = [column, row].every((at) => at >= 0 && at < MAP);
    return isInside ? now.cells[row * MAP + column] : -1;
  }
  const counts = (cell) => now.view.scanned[cell] - (now.view.scanned[cell - 1] ?? 0);
  const text = (cell) =>
    `cell ${grouped(cell + 1)}: ${counts(cell)} vectors, ${cell < now.nprobe ? "visited" : "not visited"}`;
  const count = () => (now.view ? Math.min(keyboard, now.view.places.length / 2) : 0);
  pickable(box, { label, count, find, place: toPixels, text, onPick: (cell) => onPick(cell + 1) });

  function draw(view, about, nprobe, chosen) {
    const key = `${view.index} ${view.query}`;
    Object.assign(now, { view, nprobe, zoom: zoomOf(about.nlist) });
    if (now.key !== key) {
      now.cells = cellsOfPixels(view.places, MAP, now.zoom);
      now.others = neighboursOf(now.cells, MAP);
      image.data.fill(0);
    }
    now.key = key;
    const drawing = startDrawing(node);
    const { pen, width, height, ink } = drawing;
    paintCells(image, now, { rank: view.rank, nprobe, chosen, ink, nlist: about.nlist });
    sheet.getContext("2d").putImageData(image, 0, 0);
    const radius = scale();
    pen.drawImage(sheet, width / 2 - radius, height / 2 - radius, 2 * radius, 2 * radius);
    return { ...drawing, toPixels, radius, middle: [width / 2, height / 2] };
  }
  return { node, box, draw };
}

const QUERY_RADIUS = 7;

// The query, and the original's star with its name; `free`: marks that the name must not cover.
function drawEnds(drawing, view, nprobe, free) {
  const { pen, middle, toPixels, radius, ink } = drawing;
  drawMark(pen, "cross", ...middle, QUERY_RADIUS, PURPLE, true, { halo: true });
  const at = toPixels(view.rank - 1);
  const away = Math.hypot(at[0] - middle[0], at[1] - middle[1]);
  const marks = [...free, { at: middle, radius: QUERY_RADIUS + 3 }];
  // An original beyond the lens has an arrow to where it lies.
  const outward = at.map((place, axis) => (place - middle[axis]) / away);
  const star = away < radius ? at : middle.map((from, axis) => from + outward[axis] * (radius - 14));
  if (away < radius) drawMark(pen, "star", ...star, 9, GREEN, view.rank <= nprobe, { halo: true });
  else {
    const tail = star.map((place, axis) => place - 26 * outward[axis]);
    drawLine(pen, [tail, star], { colour: GREEN, width: 3 });
    drawMark(pen, "circle", ...star, 4, GREEN, view.rank <= nprobe, { halo: true });
  }
  const name = `original: cell ${grouped(view.rank)}`;
  drawLabels(drawing, [{ text: name, at: star, radius: 11, bold: true, colour: ink }], marks);
}

// The ranks of the first cells, at their points.
function drawNumbers({ pen, toPixels, paper, ink }, view) {
  const shown = Math.min(NUMBERED, view.places.length / 2);
  const free = [];
  for (let cell = 0; cell < shown; cell++) {
    if (cell === view.rank - 1) continue;
    const [x, y] = toPixels(cell);
    drawText(pen, String(cell + 1), x, y + 4, { align: "center", halo: paper, colour: ink });
    free.push({ at: [x, y], radius: 9 });
  }
  return free;
}

// A circle round the part of the disc that the lens enlarges.
function drawLensCircle({ pen, middle, radius, ink }, nlist) {
  pen.save();
  pen.strokeStyle = ink;
  pen.lineWidth = 1.5;
  pen.setLineDash([2, 3]);
  pen.beginPath();
  pen.arc(...middle, radius / lensZoom(nlist), 0, 2 * Math.PI);
  pen.stroke();
  pen.restore();
}

// What the marks of both maps mean.
const MAP_LEGEND = [
  { shape: "cross", colour: PURPLE, text: "query" },
  { area: true, colour: SKY, edge: `color-mix(in srgb, ${SKY} 50%, currentColor)`, text: "visited" },
  { area: true, colour: "#88888822", edge: GREY, text: "not visited" },
  { shape: "star", colour: GREEN, filled: false, text: "original, not visited" },
  { shape: "star", colour: GREEN, text: "visited" },
  { area: true, colour: "transparent", edge: "currentColor", text: "looked into" },
  { line: true, dash: [2, 3], text: "enlarged" },
];

function drawMaps({ disc, lens }, view, about, { nprobe, chosen, sentence }) {
  const onDisc = disc.draw(view, about, nprobe, chosen);
  drawLensCircle(onDisc, about.nlist);
  drawEnds(onDisc, view, nprobe, []);
  const inLens = lens.draw(view, about, nprobe, chosen);
  drawEnds(inLens, view, nprobe, drawNumbers(inLens, view));
  const own = `the original lies in cell number ${view.rank}: ${view.rank <= nprobe ? "visited" : "not visited"}`;
  const visited = nprobe === 1 ? "1 is visited" : `${nprobe} are visited`;
  const spoken = `${about.nlist} cells around the query, the nearest in the middle. ${visited}; ${own}.`;
  disc.node.setAttribute("aria-label", `Map of ${spoken} ${sentence}`);
  lens.node.setAttribute("aria-label", `The first of ${spoken}`);
}
