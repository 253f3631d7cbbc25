// The plane of the alpha explorer: the borders of the index, the walk of the feature, both copies, and what a search
// for each finds. Drawn as SVG in the page's own colours, so a change of the theme needs no drawing.

const MARKS = {
  circle: "M-1,0a1,1 0 1,0 2,0a1,1 0 1,0 -2,0Z",
  diamond: "M0,-1.25L1.25,0L0,1.25L-1.25,0Z",
  cross: pathOf(CROSS, true),
  star: pathOf(STAR, true),
};

function pathOf(points, isClosed) {
  return `M${points.map(([x, y]) => `${x.toFixed(2)},${y.toFixed(2)}`).join("L")}${isClosed ? "Z" : ""}`;
}

// How places of the plane become pixels: one scale for both directions, the given points in the middle, upward is up.
function planeScale(points, [width, height], window) {
  const [low, high] = [Math.min, Math.max].map((most) => [0, 1].map((axis) => most(...points.map((p) => p[axis]))));
  const [edgeX, edgeY] = [Math.min(120, width * 0.16), Math.min(70, height * 0.16)];
  const spans = [high[0] - low[0], high[1] - low[1]].map((span) => Math.max(span, 1e-6));
  const widest = Math.max(width / (window[1][0] - window[0][0]), height / (window[1][1] - window[0][1]));
  const scale = Math.max(widest, Math.min((width - 2 * edgeX) / spans[0], (height - 2 * edgeY) / spans[1]));
  // Never beyond the square in which borders are known.
  const middle = [0, 1].map((axis) => {
    const half = (axis ? height : width) / 2 / scale;
    return Math.min(Math.max((low[axis] + high[axis]) / 2, window[0][axis] + half), window[1][axis] - half);
  });
  return ([x, y]) => [width / 2 + scale * (x - middle[0]), height / 2 - scale * (y - middle[1])];
}

// ---- what is in the picture --------------------------------------------------------------------------------------

// scene: { story, at: number of the step that is shown, flown: [passive, active] from 0 to 1, nprobe, original,
// pictureOf(found, id) } -> everything with its place in pixels.
function arranged({ story, at, flown }, size) {
  const { plane, trail, passive } = story;
  const stage = trail[Math.min(at, trail.length - 1)];
  // Between two searches the copy stays where the last one found it.
  const holder = trail.slice(1, stage.number + 1).findLast((each) => each.found);
  const found = holder?.found;
  const ends = [plane.x, plane.code, passive.place, plane.active, ...trail.map(({ place }) => place)];
  const toPixels = planeScale(found ? [...ends, found.place] : ends, size, plane.window);
  const released = toPixels(stage.place);
  const x = toPixels(plane.x);
  const flights = [{ name: "passive", from: x, to: toPixels(passive.place), found: passive, done: flown[0] }];
  if (found) {
    const isLate = holder !== stage;
    flights.push({
      name: "active",
      from: toPixels(holder.place),
      to: toPixels(found.place),
      found,
      done: flown[1],
      isLate,
    });
  }
  const walk = trail.slice(0, stage.number + 1).map(({ place }) => toPixels(place));
  return { toPixels, x, released, code: toPixels(plane.code), flights, walk, stage };
}

const landed = ({ done }) => done >= 1;
const headOf = ({ from, to, done }) => from.map((start, axis) => start + (to[axis] - start) * done);

// Draw a scene into an <svg>; returns the sentence that says what is in it.
function drawPlane(node, scene) {
  const size = [node.clientWidth || 600, node.clientHeight || 380];
  const picture = arranged(scene, size);
  const { story } = scene;
  node.setAttribute("viewBox", `0 0 ${size.join(" ")}`);
  node.replaceChildren(
    ...cellsDrawn(scene, picture, size),
    ...flightsDrawn(picture),
    ...walkDrawn(picture, story),
    ...labelsDrawn(scene, picture, size),
  );
  node.setAttribute("aria-label", spokenPlane(story, picture));
}

// The borders; the cells that a search visits; the region of the stored code.
function cellsDrawn({ story, nprobe }, { toPixels, flights }) {
  const { plane } = story;
  const outline = (corners) => pathOf(corners.map(toPixels), true);
  const visited = visitedRegions(flights, nprobe, plane.regions.length);
  const drawn = plane.regions.flatMap((corners, i) => {
    if (!corners.length) return [];
    const shape = svg("path", { d: outline(corners), class: "aa-border" });
    return visited[i] ? [svg("path", { d: outline(corners), class: "aa-visited" }), shape] : [shape];
  });
  if (plane.own.length) drawn.push(svg("path", { d: outline(plane.own), class: "aa-own" }));
  return drawn;
}

function flightsDrawn({ flights }) {
  return flights.flatMap((flight) => {
    if (!flight.done) return [];
    const head = headOf(flight);
    const d = pathOf([flight.from, head]);
    const arrow = svg("path", { d, class: `aa-flight aa-${flight.name}${flight.isLate ? " aa-late" : ""}` });
    const mark = markDrawn("cross", head, 7, `aa-mark aa-${flight.name}`);
    return [svg("path", { d, class: "aa-casing" }), arrow, mark];
  });
}

function walkDrawn({ x, released, code, walk, stage }, { plane }) {
  const dots = walk.slice(1, -1).map((place) => markDrawn("circle", place, 2, "aa-dot"));
  const bits = plane.kind === "bits";
  const star = bits
    ? [svg("path", { d: pathOf([x, code]), class: "aa-toward" })]
    : [markDrawn("star", code, 9, "aa-mark aa-code")];
  const marks = [markDrawn("circle", x, 6, "aa-mark aa-original")];
  if (stage.number > 0) marks.push(markDrawn("diamond", released, 6, "aa-mark aa-released"));
  const lines = ["aa-casing", "aa-walk"].map((name) => svg("path", { d: pathOf(walk), class: name }));
  return [...star, ...lines, ...dots, ...marks];
}

function markDrawn(shape, [x, y], radius, className) {
  return svg("path", { d: MARKS[shape], class: className, transform: `translate(${x} ${y}) scale(${radius})` });
}

function spokenPlane({ plane, trail, release }, { flights, stage }) {
  const copies = flights.map(({ name, found }) => {
    const where = found.inside === null ? "" : `, ${found.inside ? "inside" : "outside"} that region`;
    return `the ${name === "passive" ? "passive" : "activated"} copy${where}`;
  });
  const [start, now] = [trail[0].measure, stage.measure];
  return (
    `The plane through the original and both copies. Step ${stage.number} of ${release.steps}: ${plane.measured} ` +
    `${now.toFixed(2)}, at the start ${start.toFixed(2)}. In the plane: ${copies.join("; ")}.`
  );
}
