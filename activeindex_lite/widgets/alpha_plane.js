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
  const isBoth = Boolean(found) && stage.psnr === null;
  const flights = [{ name: "passive", from: x, to: toPixels(passive.place), found: passive, done: flown[0], isBoth }];
  // Where nothing changed, both copies are one.
  if (found && stage.psnr !== null) {
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
  const visitors = visitorsOf(flights, nprobe, plane.regions.length);
  const drawn = plane.regions.flatMap((corners, i) => {
    if (!corners.length) return [];
    const d = pathOf(corners.map(toPixels), true);
    const shape = told(svg("path", { d, class: "aa-border" }), regionTip(plane.kind, visitors[i]));
    return visitors[i].length ? [svg("path", { d, class: "aa-visited" }), shape] : [shape];
  });
  if (!plane.own.length) return drawn;
  const own = svg("path", { d: pathOf(plane.own.map(toPixels), true), class: "aa-own" });
  const visit = plane.kind === "cells" ? ` ${regionTip("cells", visitors[0])}` : "";
  return [...drawn, told(own, `${OWN_TIPS[plane.kind]}${visit}`)];
}

const OWN_TIPS = {
  cells: "The cell of the original: its code is filed here, and found only by a search that visits this cell.",
  "sub-codes": "All points that are rounded to the same code as the original.",
  bits: "All points with the same bits as the original.",
};

function regionTip(kind, visitors) {
  if (kind !== "cells") return kind === "bits" ? "Here one bit or more differs." : "Here one sub-code or more differs.";
  if (!visitors.length) return "A cell that no search visits at this nprobe.";
  const names = visitors.map(({ name, rank }) => `the ${WHOSE[name]} (as number ${rank})`);
  return `A cell that the search for ${names.join(" and for ")} visits.`;
}

const WHOSE = { passive: "copy of the original", active: "copy of the release" };

// An SVG element with the text that pointing at it shows.
function told(node, text) {
  node.dataset.tip = text;
  return node;
}

function flightsDrawn({ flights }) {
  return flights.flatMap((flight) => {
    if (!flight.done) return [];
    const { name, found, from } = flight;
    const head = headOf(flight);
    const d = pathOf([from, head]);
    const arrow = svg("path", { d, class: `aa-flight aa-${name}${flight.isLate ? " aa-late" : ""}` });
    const edited = `The edit ${found.edit} moves the feature of the ${name === "passive" ? "original" : "release"}`;
    const wrong = isWrongSide(found) ? ` It is really ${found.inside ? "inside" : "outside"} the green border.` : "";
    const mark = markDrawn("cross", head, 7, `aa-mark aa-${name}`);
    return [
      told(svg("path", { d, class: "aa-casing" }), `${edited} to its copy.`),
      arrow,
      arrowhead(from, head, name),
      told(mark, `The feature of the ${WHOSE[name]}, edited by ${found.edit}: what is searched for.${wrong}`),
      ...(wrong && landed(flight) ? [ringDrawn(head)] : []),
    ];
  });
}

// A point, half way, in the direction of an arrow.
function arrowhead(from, head, name) {
  const [dx, dy] = [head[0] - from[0], head[1] - from[1]];
  if (Math.hypot(dx, dy) < 40) return "";
  const turn = (Math.atan2(dy, dx) * 180) / Math.PI;
  const [x, y] = between(from, head, 0.55);
  const transform = `translate(${x} ${y}) rotate(${turn})`;
  return svg("path", { d: "M-6,-5L6,0L-6,5Z", class: `aa-head aa-${name}`, transform });
}

// Round a mark that is drawn on the wrong side of the green border.
const ringDrawn = ([x, y]) => svg("circle", { cx: x, cy: y, r: 12, class: "aa-ring" });

function walkDrawn({ x, released, code, walk, stage }, { plane, trail }) {
  const measured = ({ number, measure }) => `After step ${number}: ${plane.measured} ${measure.toFixed(2)}.`;
  const dots = walk
    .slice(1, -1)
    .map((place, i) => told(markDrawn("circle", place, 2, "aa-dot"), measured(trail[i + 1])));
  const star =
    plane.kind === "bits"
      ? [told(svg("path", { d: pathOf([x, code]), class: "aa-toward" }), "Away from all hyperplanes: bits flip less.")]
      : [told(markDrawn("star", code, 9, "aa-mark aa-code"), `Its code q(x). ${GLOSSARY.code}`)];
  const original = markDrawn("circle", x, 6, "aa-mark aa-original");
  const marks = [told(original, `The feature x of the original. ${GLOSSARY.feature}`)];
  if (isElsewhere(plane, plane.code, plane.codeInside)) marks.push(ringDrawn(code));
  if (stage.number > 0) {
    const text = `The feature of the released picture. ${measured(stage)}`;
    marks.push(told(markDrawn("diamond", released, 6, "aa-mark aa-released"), text));
    if (isElsewhere(plane, stage.place, stage.inside)) marks.push(ringDrawn(released));
  }
  const casing = told(svg("path", { d: pathOf(walk), class: "aa-casing" }), "The walk of the feature, step by step.");
  return [...star, casing, svg("path", { d: pathOf(walk), class: "aa-walk" }), ...dots, ...marks];
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
