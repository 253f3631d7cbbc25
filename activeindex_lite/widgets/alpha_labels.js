// Where names and small pictures go in the plane of the alpha explorer: beside what they name, over nothing else.

// Angles from a mark at which a box may lie, the upper right first, and how far off.
const ANGLES = [-30, 30, -150, 150, -90, 90, 0, 180, -60, 60, -120, 120].map((degrees) => (degrees * Math.PI) / 180);
const REACHES = [4, 14, 30, 52, 80];

const boxRound = ([x, y], radius) => ({ left: x - radius, right: x + radius, top: y - radius, bottom: y + radius });

// Boxes for things [{ at: [x, y], size: [width, height], radius }, ...], the most important first, in a sheet of that
// width and height: [{ left, top, right, bottom }, ...]. taken: boxes that stay free of them; lines: points
// [[x, y], ...] that a box covers only if it must.
function placeBoxes(things, [width, height], taken, lines) {
  const placed = [...taken];
  return things.map(({ at, size, radius }) => {
    let best;
    REACHES.forEach((reach, far) =>
      ANGLES.forEach((angle, turn) => {
        const box = boxBeside(at, size, radius + reach, angle, [width, height]);
        const covered = placed.reduce((sum, other) => sum + overlapOf(box, other), 0);
        const crossed = lines.filter(([x, y]) => isIn(box, x, y)).length;
        const cost = 4 * covered + 40 * crossed + 60 * far + turn + (isIn(box, ...at) ? 900 : 0);
        if (!best || cost < best.cost) best = { cost, box };
      }),
    );
    placed.push(best.box);
    return best.box;
  });
}

const isIn = (box, x, y) => x > box.left - 3 && x < box.right + 3 && y > box.top - 3 && y < box.bottom + 3;

// The box whose nearest edge is `reach` from a point in the direction of an angle, pushed into the sheet.
function boxBeside([x, y], [wide, high], reach, angle, [width, height]) {
  const [right, down] = [Math.cos(angle), Math.sin(angle)];
  const middle = [x + right * (reach + wide / 2), y + down * (reach + high / 2)];
  const left = Math.min(Math.max(middle[0] - wide / 2, 2), Math.max(2, width - wide - 2));
  const top = Math.min(Math.max(middle[1] - high / 2, 2), Math.max(2, height - high - 2));
  return { left, top, right: left + wide, bottom: top + high };
}

// Points every few pixels along a line through points [[x, y], ...].
function sampled(points, apart = 8) {
  return points.slice(1).flatMap((end, i) => {
    const [start, dx, dy] = [points[i], end[0] - points[i][0], end[1] - points[i][1]];
    const count = Math.ceil(Math.hypot(dx, dy) / apart);
    return upTo(count + 1).map((k) => [start[0] + (dx * k) / (count || 1), start[1] + (dy * k) / (count || 1)]);
  });
}

// The point of a box that is nearest to a point.
const nearestIn = (box, [x, y]) => [
  Math.min(Math.max(x, box.left), box.right),
  Math.min(Math.max(y, box.top), box.bottom),
];
