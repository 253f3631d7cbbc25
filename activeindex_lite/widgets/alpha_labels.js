// Names and small pictures in the plane of the alpha explorer: beside what they name, over nothing else.

// Angles from a mark at which a box may lie, the upper right first, and how far off.
const ANGLES = [-30, 30, -150, 150, -90, 90, 0, 180, -60, 60, -120, 120].map((degrees) => (degrees * Math.PI) / 180);
const REACHES = [4, 14, 30, 52, 80];

const boxRound = ([x, y], radius) => ({ left: x - radius, right: x + radius, top: y - radius, bottom: y + radius });

// Boxes for things [{ at: [x, y], size: [width, height], radius }, ...], the most important first, in a sheet of that
// width and height: [{ left, top, right, bottom }, ...]. taken: boxes that stay free of them; lines: points
// [[x, y], ...] that a box covers only if it must.
function placeBoxes(things, [width, height], taken, lines, own) {
  const placed = [...taken];
  return things.map(({ at, size, radius }) => {
    let best;
    const isAtIn = own && liesIn(own, at);
    const isStranger = (box) => own && liesIn(own, middleOf(box)) !== isAtIn;
    REACHES.forEach((reach, far) =>
      ANGLES.forEach((angle, turn) => {
        const box = boxBeside(at, size, radius + reach, angle, [width, height]);
        const covered = placed.reduce((sum, other) => sum + overlapOf(box, other), 0);
        let crossed = 0;
        for (let k = 0; k < lines.length; k++) crossed += Number(isIn(box, lines[k][0], lines[k][1]));
        const wrong = (isIn(box, ...at) ? 900 : 0) + (isStranger(box) ? 200 : 0);
        const cost = 4 * covered + 40 * crossed + 60 * far + turn + wrong;
        if (!best || cost < best.cost) best = { cost, box };
      }),
    );
    placed.push(best.box);
    return best.box;
  });
}

const middleOf = ({ left, right, top, bottom }) => [(left + right) / 2, (top + bottom) / 2];
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

// ---- names and small pictures ------------------------------------------------------------------------------------

const THUMB = 42;
const SMALL = 30;
const wide = (text, isBold) => text.length * (isBold ? 6.9 : 6.4) + 6;

// What the search of a flight shows once the copy has landed: [title, right?, id of the first result].
function outcomeOf(flight, nprobe) {
  const { found, name } = flight;
  const at = positionOf(found, nprobe);
  const who = flight.isBoth ? "both copies are the same" : WHOSE[name];
  return { who, isRight: found.first[at], id: found.ids[at] };
}

// The place in the list of measured nprobes of the largest within the setting.
const positionOf = (found, nprobe) => Math.max(0, found.nprobes.filter((value) => value <= nprobe).length - 1);

function labelsDrawn(scene, { x, released, code, flights, walk, stage, toPixels }, size) {
  const { story } = scene;
  const isNarrow = size[0] < 460;
  const things = [];
  for (const flight of flights.filter(landed)) {
    const outcome = outcomeOf(flight, scene.nprobe);
    const found = outcome.isRight ? "✓ finds it" : "✗ misses it";
    const text = flight.isBoth ? `nothing changed: ${found}` : found;
    const inner = isNarrow ? SMALL + 8 + wide(text, true) : 2 * THUMB + 26;
    const width = Math.max(inner, wide(outcome.who, true), flight.isBoth ? wide(text, true) + 16 : 0);
    const draw = (box) => tagDrawn(scene, flight, outcome, text, box, isNarrow);
    things.push({ at: flight.to, radius: 8, size: [width, isNarrow ? SMALL + 22 : THUMB + 34], draw });
    if (isWrongSide(flight.found)) {
      things.push(named(`really ${flight.found.inside ? "inside" : "outside"}`, flight.to, 13, "aa-name"));
    }
  }
  things.push({
    at: x,
    radius: 7,
    size: isNarrow ? [wide("original x"), THUMB + 16] : [THUMB + 6 + wide("original x"), THUMB],
    draw: (box) => originalDrawn(scene, box, isNarrow),
  });
  if (story.plane.kind !== "bits") {
    const text = trueName("its code q(x)", story.plane, story.plane.code, story.plane.codeInside);
    things.push(named(text, code, 10, "aa-name aa-code-name"));
  } else things.push(named("deeper inside", between(x, code, 0.75), 6, "aa-name aa-code-name"));
  if (stage.number > 0) {
    things.push(named(trueName("released", story.plane, stage.place, stage.inside), released, 7, "aa-name"));
  }
  if (!isNarrow) things.push(...areaNames(scene, flights, toPixels, size));
  const { own, regions } = story.plane;
  const borders = [own, ...regions].filter((corners) => corners.length).map((corners) => corners.map(toPixels));
  const lines = sampled(walk).concat(...flights.map((flight) => sampled([flight.from, headOf(flight)])));
  lines.push(...bordersIn(borders, size));
  const taken = [boxRound(x, 8), boxRound(released, 8), boxRound(code, 11)];
  taken.push(...flights.map((flight) => boxRound(headOf(flight), 9)));
  const boxes = placeBoxes(things, size, taken, lines, own.length ? borders[0] : null);
  const leaders = things.flatMap(({ at, radius, isArea }, i) => {
    const near = nearestIn(boxes[i], at);
    const isFar = Math.hypot(near[0] - at[0], near[1] - at[1]) > radius + 16 && !isArea;
    return isFar ? [svg("path", { d: pathOf([at, near]), class: "aa-leader" })] : [];
  });
  return [...leaders, ...things.flatMap((thing, i) => thing.draw(boxes[i]))];
}

// Points along the borders of regions, where they are seen.
function bordersIn(regions, [width, height]) {
  const isSeen = ([x, y]) => x >= 0 && x <= width && y >= 0 && y <= height;
  return regions.flatMap((corners) => sampled([...corners, corners[0]], 12).filter(isSeen));
}

const between = (from, to, share) => from.map((start, axis) => start + (to[axis] - start) * share);

function named(text, at, radius, className) {
  const draw = (box) => [textDrawn(text, box.left + 3, box.top + 13, className)];
  return { at, radius, size: [wide(text), 17], draw };
}

// Whether a point falls onto the other side of the border of the own region.
const isElsewhere = ({ own }, place, isInside) =>
  own.length > 0 && typeof isInside === "boolean" && liesIn(own, place) !== isInside;

// A name that says where a point really is, if it falls onto the other side of the border.
function trueName(name, plane, place, isInside) {
  return isElsewhere(plane, place, isInside) ? `${name} (really ${isInside ? "inside" : "outside"})` : name;
}

// Whether a point lies in a convex polygon, whichever way its corners go round.
function liesIn(corners, [x, y]) {
  let [isLeft, isRight] = [false, false];
  for (let i = 0; i < corners.length; i++) {
    const [a, b] = [corners[i], corners[i + 1 < corners.length ? i + 1 : 0]];
    const side = (b[0] - a[0]) * (y - a[1]) - (b[1] - a[1]) * (x - a[0]);
    if (side > 0) isLeft = true;
    if (side < 0) isRight = true;
  }
  return !(isLeft && isRight);
}

const OWN_NAMES = { cells: "its cell", "sub-codes": "the same code", bits: "the same bits" };

// Names of the region of the stored code and of the cells that a search visits, in the middle of what is seen of them.
function areaNames({ story, nprobe }, flights, toPixels, [width, height]) {
  const { plane } = story;
  const area = (corners, text, className) => {
    const seen = corners
      .map(toPixels)
      .map(([x, y]) => [Math.min(Math.max(x, 0), width), Math.min(Math.max(y, 0), height)]);
    const middle = [0, 1].map((axis) => seen.reduce((sum, corner) => sum + corner[axis], 0) / seen.length);
    return { ...named(text, middle, 0, `aa-name ${className}`), isArea: true };
  };
  const names = plane.own.length ? [area(plane.own, OWN_NAMES[plane.kind], "aa-own-name")] : [];
  const visitors = visitorsOf(flights, nprobe, plane.regions.length);
  const others = upTo(plane.regions.length).filter((i) => visitors[i].length && i > 0 && plane.regions[i].length);
  const isBoth = flights.some((flight) => flight.isBoth);
  const visitor = ([first, second]) => (isBoth || second ? "both copies" : `the ${WHOSE[first.name]}`);
  const text = (i) => `visited for ${visitor(visitors[i])}`;
  return [...names, ...others.slice(0, 4).map((i) => area(plane.regions[i], text(i), ""))];
}

// Which searches whose copies have landed visit each region, and as which cell: a list of { name, rank } for each.
const visitorsOf = (flights, nprobe, count) =>
  upTo(count).map((i) =>
    flights
      .filter(landed)
      .map(({ name, found }) => ({ name, rank: found.ranks[i] ?? 0 }))
      .filter(({ rank }) => rank > 0 && rank <= nprobe),
  );

function textDrawn(text, x, y, className) {
  return svg("text", { x, y, class: className }, text);
}

function originalDrawn({ original }, { left, top }, isNarrow) {
  const [x, y] = isNarrow ? [left, top + THUMB + 13] : [left + THUMB + 5, top + THUMB / 2 + 4];
  return [
    svg("image", { href: original, x: left, y: top, width: THUMB, height: THUMB, class: "aa-thumb" }),
    textDrawn("original x", x, y, "aa-name"),
  ];
}

// A search: its name, the copy that is searched for (where there is room), and the first result.
function tagDrawn({ pictureOf }, { found, name }, { who, isRight, id }, text, { left, top, right, bottom }, isNarrow) {
  const side = isNarrow ? SMALL : THUMB;
  const frame = { x: left, y: top, width: right - left, height: bottom - top, rx: 5, class: "aa-tag" };
  const y = top + 17;
  const drawn = [svg("rect", frame), textDrawn(who, left + 4, top + 13, `aa-name aa-${name}-name`)];
  const thumb = (href, x) => svg("image", { href, x, y, width: side, height: side });
  const resultX = left + (isNarrow ? 4 : side + 22);
  if (!isNarrow) {
    if (found.query) drawn.push(thumb(found.query, left + 4));
    drawn.push(textDrawn("→", left + side + 6, y + side / 2 + 4, "aa-name"));
  }
  if (id >= 0) drawn.push(thumb(pictureOf(found, id), resultX));
  const verdict = isRight ? "aa-right" : "aa-wrong";
  drawn.push(svg("rect", { x: resultX, y, width: side, height: side, class: `aa-result ${verdict}` }));
  const [textX, textY] = isNarrow ? [left + side + 10, y + side / 2 + 4] : [left + 4, bottom - 4];
  drawn.push(textDrawn(text, textX, textY, `aa-name ${verdict}-name`));
  return drawn;
}
