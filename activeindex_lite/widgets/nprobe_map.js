// The map of the nprobe explorer: the cells around a query as a disc, the nearest cell in the middle.

const MAP = 400;
const QUERY_CROSS = 6;

// How far from the middle the cell of that rank lies, as a share of the disc's radius (as lessons/ivf.py's disc_map).
const discRadius = (rank, nlist) => (rank / nlist) ** (1 / 3);

// Which cell each pixel of the disc belongs to: an array of cell numbers (0: the nearest), -1 outside the disc.
// places: the cells' points [x, y, x, y, ...] in thousandths of the radius, in order of rank. Each pixel goes to the
// nearest point. That is found by jump flooding: pixels ask neighbours, from far to near, for the point they know.
function cellsOfPixels(places, size) {
  const cells = new Int16Array(size * size).fill(-1);
  const points = pixelsOfPoints(places, size);
  points.forEach(([x, y], cell) => {
    const column = Math.min(size - 1, Math.round(x));
    const row = Math.min(size - 1, Math.round(y));
    const pixel = row * size + column;
    if (cells[pixel] < 0) cells[pixel] = cell;
  });
  for (let jump = 256; jump >= 1; jump /= 2) askNeighbours(cells, points, size, jump);
  clearOutside(cells, size);
  return cells;
}

function pixelsOfPoints(places, size) {
  const half = size / 2;
  const points = [];
  for (let i = 0; i < places.length; i += 2) {
    const toPixel = (thousandths) => Math.fround(half + (thousandths / 1000) * (half - 2));
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
function packed(red, green, blue, opacity) {
  return ((opacity << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

const VISITED = { inside: packed(86, 180, 233, 190), border: packed(0, 70, 120, 230) };
const NOT_VISITED = { inside: packed(128, 128, 128, 26), border: packed(128, 128, 128, 110) };
const OWN_VISITED = packed(0, 158, 115, 235);
const OWN_NOT_VISITED = packed(213, 94, 0, 170);

// Colour the pixels: visited cells blue, the original's cell green if visited and orange if not, borders darker.
function paintCells(image, cells, size, rank, nprobe) {
  const pixels = new Uint32Array(image.data.buffer);
  const own = rank <= nprobe ? OWN_VISITED : OWN_NOT_VISITED;
  for (let pixel = 0; pixel < cells.length; pixel++) {
    const cell = cells[pixel];
    if (cell < 0) pixels[pixel] = 0;
    else if (cell === rank - 1) pixels[pixel] = own;
    else {
      const colours = cell < nprobe ? VISITED : NOT_VISITED;
      const isBorder = cells[pixel + 1] !== cell || cells[pixel + size] !== cell;
      pixels[pixel] = isBorder ? colours.border : colours.inside;
    }
  }
}

// The cells of a view as an image. `cache` keeps the last view's, since only the colours change with nprobe.
function cellSheet(cache, view, nprobe) {
  const key = `${view.index} ${view.query}`;
  if (cache.key !== key) {
    cache.key = key;
    cache.cells = cellsOfPixels(view.places, MAP);
    cache.sheet = cache.sheet || html("canvas", { width: MAP, height: MAP });
    cache.image = cache.image || cache.sheet.getContext("2d").createImageData(MAP, MAP);
  }
  paintCells(cache.image, cache.cells, MAP, view.rank, nprobe);
  cache.sheet.getContext("2d").putImageData(cache.image, 0, 0);
  return cache.sheet;
}

function drawMap(node, cache, view, about, nprobe, phase) {
  const { pen, width, height, ink, paper } = startDrawing(node);
  const side = Math.min(width, height);
  const radius = side / 2;
  const middle = [width / 2, height / 2];
  pen.drawImage(cellSheet(cache, view, nprobe), middle[0] - radius, middle[1] - radius, side, side);
  drawVisitedCircle(pen, middle, discRadius(Math.min(nprobe + 0.5, about.nlist), about.nlist) * (radius - 2), ink);
  drawQueryCross(pen, middle, paper);
  const place = view.places.slice(2 * view.rank - 2, 2 * view.rank);
  const [x, y] = place.map((thousandths, axis) => middle[axis] + (thousandths / 1000) * (radius - 2));
  const isVisited = view.rank <= nprobe;
  // On a green cell the green star needs an edge.
  drawMark(pen, "star", x, y, 12, paper, true);
  drawMark(pen, "star", x, y, 9, GREEN, isVisited);
  const toTheRight = x > middle[0];
  drawText(pen, `original: cell ${view.rank}`, x + (toTheRight ? 14 : -14), y + 4, {
    align: toTheRight ? "left" : "right",
    halo: paper,
    bold: true,
    colour: ink,
  });
  node.setAttribute(
    "aria-label",
    `Map of ${about.nlist} cells around the query, the nearest in the middle. ${nprobe} are visited; ` +
      `the original lies in cell number ${view.rank}: ${isVisited ? "visited" : "not visited"}. ${phase.sentence}`,
  );
}

// A dashed circle around the cells that are visited.
function drawVisitedCircle(pen, middle, radius, ink) {
  pen.save();
  pen.strokeStyle = ink;
  pen.lineWidth = 2;
  pen.setLineDash([7, 4]);
  pen.beginPath();
  pen.arc(...middle, radius, 0, 2 * Math.PI);
  pen.stroke();
  pen.restore();
}

// The query is a cross, as in every figure; the wide one below it is its edge.
function drawQueryCross(pen, [x, y], paper) {
  for (const style of [
    { colour: paper, width: 7 },
    { colour: ORANGE, width: 4 },
  ]) {
    for (const slope of [1, -1]) {
      const ends = [-QUERY_CROSS, QUERY_CROSS].map((step) => [x + step, y + slope * step]);
      drawLine(pen, ends, style);
    }
  }
}
