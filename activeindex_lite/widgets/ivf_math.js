// What an inverted file in the plane computes while a finger moves. tests/test_lesson_explorers.py compares each of
// these functions with scratch/.

const squaredLength = ([a, b], [c, d]) => (a - c) ** 2 + (b - d) ** 2;

// The position of the point nearest to `at`; the first of them if several are equally near, -1 if there is none.
function nearestPoint(points, at) {
  let best = -1;
  let least = Infinity;
  points.forEach((point, position) => {
    const distance = squaredLength(point, at);
    if (distance < least) [best, least] = [position, distance];
  });
  return best;
}

// The positions of all centroids, the nearest to `at` first.
function rankedCells(centroids, at) {
  const distances = centroids.map((centroid) => squaredLength(centroid, at));
  return centroids.map((_, cell) => cell).sort((a, b) => distances[a] - distances[b]);
}

// The posting list of each centroid: the positions of the points that are nearest to it.
function postingLists(points, centroids) {
  const lists = centroids.map(() => []);
  points.forEach((point, position) => lists[nearestPoint(centroids, point)].push(position));
  return lists;
}

// A search: the cells that it visits, the positions of the points that it compares, and the nearest of them (or -1).
function searchCells(points, centroids, lists, at, nprobe) {
  const visited = rankedCells(centroids, at).slice(0, nprobe);
  const compared = visited.flatMap((cell) => lists[cell]);
  const place = nearestPoint(
    compared.map((position) => points[position]),
    at,
  );
  return { visited, compared, found: place < 0 ? -1 : compared[place] };
}

// The cell of centroid `own` within a square from -reach to reach: its corners in order. Each other centroid cuts off
// the side that is nearer to it.
function cellCorners(centroids, own, reach) {
  let corners = [
    [-reach, -reach],
    [reach, -reach],
    [reach, reach],
    [-reach, reach],
  ];
  const mine = centroids[own];
  centroids.forEach((other, cell) => {
    if (cell === own) return;
    // Below 0 where a place is nearer to its own centroid.
    const beyond = (at) => squaredLength(at, mine) - squaredLength(at, other);
    corners = corners.flatMap((corner, i) => {
      const next = corners[(i + 1) % corners.length];
      const [here, there] = [beyond(corner), beyond(next)];
      const kept = here <= 0 ? [corner] : [];
      if (here <= 0 !== there <= 0) {
        const share = here / (here - there);
        kept.push([corner[0] + share * (next[0] - corner[0]), corner[1] + share * (next[1] - corner[1])]);
      }
      return kept;
    });
  });
  return corners;
}

// One iteration of k-means: each centroid moves to the mean of its points. One without a point moves onto the point
// that is farthest from its centroid.
function kmeansStep(points, centroids) {
  const lists = postingLists(points, centroids);
  const away = points.map((point) => squaredLength(point, centroids[nearestPoint(centroids, point)]));
  const sum = (list, axis) => list.reduce((total, position) => total + points[position][axis], 0);
  return lists.map((list) => {
    if (list.length) return [sum(list, 0) / list.length, sum(list, 1) / list.length];
    const farthest = away.indexOf(Math.max(...away));
    away[farthest] = 0;
    return [...points[farthest]];
  });
}

// The mean squared distance of points to their nearest centroid.
function meanError(points, centroids) {
  const away = points.map((point) => squaredLength(point, centroids[nearestPoint(centroids, point)]));
  return away.reduce((total, distance) => total + distance, 0) / points.length;
}

// A grid of places from -reach to reach, with the nearest point of each: it stays the same while centroids move.
function gridOfPlaces(points, reach, columns) {
  const at = (i) => reach * ((2 * i + 1) / columns - 1);
  const places = Array.from({ length: columns * columns }, (_, i) => [at(i % columns), at(Math.floor(i / columns))]);
  return places.map((place) => ({ place, exact: nearestPoint(points, place) }));
}

// The places of a grid whose nearest point lies in none of the nprobe nearest cells.
function missedPlaces(grid, points, centroids, nprobe) {
  const cells = points.map((point) => nearestPoint(centroids, point));
  return grid.filter(({ place, exact }) => {
    const own = squaredLength(centroids[cells[exact]], place);
    // The rank of the cell that holds the nearest point, counted from 0.
    const rank = centroids.filter((centroid) => squaredLength(centroid, place) < own).length;
    return rank >= nprobe;
  });
}
