// The plane through a picture's feature and its two copies, and the borders of an index in it: lessons/borders.py and
// lessons/one_plane.py in JavaScript. Points of the plane are [u, v].

// Share of the square of borders that lies beyond the points: room for other values of alpha.
const PLANE_MARGIN = 0.9;

const minus = (a, b) => Float64Array.from(a, (value, i) => value - b[i]);
// A unit vector at a right angle to axes, along vector; where two points coincide, any direction will do.
function unitOf(vector, axes) {
  const others = upToN(axes.length + 2).map((i) => Float64Array.from(vector, (_, j) => Number(i === j)));
  for (const start of [vector, ...others]) {
    const rest = Float64Array.from(start);
    for (const axis of axes) {
      const along = dot(rest, axis);
      axis.forEach((value, i) => (rest[i] -= along * value));
    }
    const length = Math.sqrt(dot(rest, rest));
    if (length > 1e-9) return rest.map((value) => value / length);
  }
  throw new Error("the features are not numbers");
}

// { origin, axes }: the origin is start, the first axis leads to second, and third lies above it.
function planeThrough(start, second, third) {
  const first = unitOf(minus(second, start), []);
  return { origin: Float64Array.from(start), axes: [first, unitOf(minus(third, start), [first])] };
}
const flatIn = ({ origin, axes }, x) => axes.map((axis) => dot(minus(x, origin), axis));

// The share of the variance of points that lies in a plane.
function shareIn(plane, cloud) {
  const spread = (rows) => {
    const means = rows[0].map((_, i) => rows.reduce((sum, row) => sum + row[i], 0) / rows.length);
    return rows.reduce((sum, row) => sum + away(row, means), 0);
  };
  const total = spread(cloud.map((x) => Float64Array.from(x)));
  return total ? spread(cloud.map((x) => flatIn(plane, x))) / total : 1;
}

// What half-planes { normal: [a, b], offset } with normal u <= offset leave of a convex polygon, and the half-plane
// whose border leads from each corner to the next (-1: an edge of the polygon). The worst one cuts first.
function clipped(polygon, halves) {
  let [corners, edges] = [polygon, polygon.map(() => -1)];
  const width = Math.max(...polygon.map(([u]) => u)) - Math.min(...polygon.map(([u]) => u));
  while (corners.length) {
    let [worst, most] = [-1, 1e-9 * width];
    for (let k = 0; k < halves.length; k++) {
      const { normal, offset, length } = halves[k];
      for (const [u, v] of corners) {
        const beyond = (normal[0] * u + normal[1] * v - offset) / length;
        if (beyond > most) [worst, most] = [k, beyond];
      }
    }
    if (worst < 0) break;
    [corners, edges] = clippedOnce(corners, edges, halves[worst], worst);
  }
  return corners.length > 2 ? { corners, edges } : { corners: [], edges: [] };
}

function clippedOnce(corners, edges, { normal, offset }, name) {
  const beyond = corners.map(([u, v]) => normal[0] * u + normal[1] * v - offset);
  const [kept, labels] = [[], []];
  corners.forEach(([u, v], i) => {
    const j = (i + 1) % corners.length;
    const isIn = beyond[i] <= 0;
    if (isIn) (kept.push([u, v]), labels.push(edges[i]));
    if (isIn === beyond[j] <= 0) return;
    const share = beyond[i] / (beyond[i] - beyond[j]);
    kept.push([u + share * (corners[j][0] - u), v + share * (corners[j][1] - v)]);
    labels.push(isIn ? name : edges[i]);
  });
  return [kept, labels];
}

const half = (normal, offset) => ({ normal, offset, length: Math.hypot(...normal) || 1 });

// The cells in a window, from `begin` on across the edges of each cell found: a Map from a cell to its corners.
function cellsSeen(plane, index, window, begin) {
  const all = upToN(index.cells).map((cell) => {
    const c = index.centroid(cell);
    return { at: plane.axes.map((axis) => dot(c, axis)), along: dot(c, plane.origin), square: dot(c, c) };
  });
  const halvesOf = (own) =>
    all.map(({ at, along, square }) =>
      half(
        [0, 1].map((k) => 2 * (at[k] - all[own].at[k])),
        square - all[own].square - 2 * (along - all[own].along),
      ),
    );
  const [seen, waiting] = [new Map(), [begin]];
  while (waiting.length) {
    const cell = waiting.pop();
    if (seen.has(cell)) continue;
    const { corners, edges } = clipped(window, halvesOf(cell));
    seen.set(cell, corners);
    waiting.push(...edges.filter((edge) => edge >= 0));
  }
  return new Map([...seen].filter(([, corners]) => corners.length));
}

// { plane, kind, window, regions, own, cells, code }: see Scene in lessons/activation.py.
function sceneOf(index, x, passive, active) {
  const plane = planeThrough(x, passive, active);
  const code = flatIn(plane, index.anchor(x));
  const window = windowAround([[0, 0], code, flatIn(plane, passive), flatIn(plane, active)]);
  if (index.kind === "bits") {
    const halves = index.parts(x).map((bit, j) => {
      const sign = bit ? 1 : -1;
      const row = index.rows[j];
      const normal = plane.axes.map((axis) => -sign * dot(row, axis));
      return half(normal, sign * (dot(row, plane.origin) + index.offsets[j]));
    });
    const regions = halves.map((one) => clipped(window, [one]).corners);
    return { plane, kind: "bits", window, regions, own: clipped(window, halves).corners, cells: [], code };
  }
  const begin = index.cellOf(x);
  const seen = cellsSeen(plane, index, window, begin);
  const cells = [begin, ...[...seen.keys()].filter((cell) => cell !== begin)];
  const regions = cells.map((cell) => seen.get(cell) ?? []);
  return { plane, kind: "cells", window, regions, own: regions[0], cells, code };
}

function windowAround(points) {
  const [low, high] = [Math.min, Math.max].map((most) => [0, 1].map((k) => most(...points.map((point) => point[k]))));
  const reach = Math.max(...[0, 1].map((k) => high[k] - low[k]));
  const side = Math.max((reach / 2) * (1 + 2 * PLANE_MARGIN), 1e-3);
  const centre = [0, 1].map((k) => (low[k] + high[k]) / 2);
  return [
    [-1, -1],
    [1, -1],
    [1, 1],
    [-1, 1],
  ].map((corner) => corner.map((sign, k) => centre[k] + sign * side));
}

// Whether a point lies in a convex polygon.
function isInside(polygon, [u, v]) {
  if (!polygon.length) return false;
  const turns = polygon.map(([a, b], i) => {
    const [c, d] = polygon[(i + 1) % polygon.length];
    return (c - a) * (v - b) - (d - b) * (u - a);
  });
  return turns.every((turn) => turn >= 0) || turns.every((turn) => turn <= 0);
}
