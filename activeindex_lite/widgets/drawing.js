// Drawing on a canvas: the colours, lines, marks, text, labels that keep off marks, and legends. Charts: charts.js.
//
// For an explorer: const node = canvas("what it shows", 240); in its draw(): const { pen, width, height, ink, paper } =
// startDrawing(node); then drawLine, drawMark, drawText, drawLabels. `mount` (parts.js) calls draw() again whenever the
// size or the theme changes. legend([...]) is the list of marks and lines for below the canvas.

// One meaning per colour, as in figures/style.py: ORANGE passive, BLUE activated, GREEN the target, its cell and what
// is right, VERMILION a wrong result, PURPLE the query, SKY visited cells, GREY the rest. Style sheets have them as
// var(--ai-orange) and so on.
const ORANGE = "#E69F00";
const BLUE = "#0072B2";
const GREEN = "#009E73";
const VERMILION = "#D55E00";
const PURPLE = "#CC79A7";
const SKY = "#56B4E9";
const GREY = "#888888";
const PALETTE = {
  orange: ORANGE,
  blue: BLUE,
  green: GREEN,
  vermilion: VERMILION,
  purple: PURPLE,
  sky: SKY,
  grey: GREY,
};

function canvas(label, height) {
  const node = html("canvas", { className: "ai-canvas" });
  node.setAttribute("role", "img");
  node.setAttribute("aria-label", label);
  node.style.height = `${height}px`;
  return node;
}

// A cleared canvas: its pen, which counts in CSS pixels, its size, and the theme's colours of ink and paper.
function startDrawing(node) {
  const width = node.clientWidth || 420;
  const height = node.clientHeight || 260;
  const ratio = window.devicePixelRatio || 1;
  const pixels = [Math.round(width * ratio), Math.round(height * ratio)];
  if (node.width !== pixels[0] || node.height !== pixels[1]) [node.width, node.height] = pixels;
  const style = getComputedStyle(node);
  const ink = style.color;
  const paper = style.getPropertyValue("--ai-paper") || "white";
  const pen = node.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  pen.font = "12px system-ui, sans-serif";
  pen.fillStyle = ink;
  pen.strokeStyle = ink;
  pen.lineWidth = 1;
  // What hollow marks are filled with, and what coloured letters are mixed with.
  Object.assign(pen, { ink, paper });
  return { pen, width, height, ink, paper };
}

// The red, green and blue of "#rrggbb" or "rgb(r, g, b)".
function channelsOf(colour) {
  if (!colour.startsWith("#"))
    return colour
      .match(/[\d.]+/g)
      .slice(0, 3)
      .map(Number);
  return [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));
}

// A colour with half of the ink in it, so that letters of that colour can be read on paper, light or dark.
function legible(colour, ink) {
  const inks = channelsOf(ink);
  return `rgb(${channelsOf(colour).map((channel, i) => Math.round(0.5 * channel + 0.5 * inks[i]))})`;
}

// A line through points [[x, y], ...].
function drawLine(pen, points, { colour = pen.strokeStyle, width = 1, dash = [], opacity = 1 } = {}) {
  pen.save();
  pen.strokeStyle = colour;
  pen.lineWidth = width;
  pen.globalAlpha = opacity;
  pen.setLineDash(dash);
  pen.beginPath();
  // The first lineTo of a path only moves the pen.
  points.forEach(([x, y]) => pen.lineTo(x, y));
  pen.stroke();
  pen.restore();
}

// Corners of the marks round (0, 0), in units of their radius.
const DIAMOND = [
  [0, -1.3],
  [1.3, 0],
  [0, 1.3],
  [-1.3, 0],
];
const STAR = Array.from({ length: 10 }, (_, corner) => {
  const reach = corner % 2 === 0 ? 1.3 : 0.5;
  const angle = (corner * Math.PI) / 5 - Math.PI / 2;
  return [reach * Math.cos(angle), reach * Math.sin(angle)];
});
const SQUARE = [
  [-0.9, -0.9],
  [0.9, -0.9],
  [0.9, 0.9],
  [-0.9, 0.9],
];
const TRIANGLE = [
  [0, -1.2],
  [1.1, 0.8],
  [-1.1, 0.8],
];
// A cross with arms, for the query in every drawing.
const CROSS = Array.from({ length: 12 }, (_, corner) => {
  const [long, short] = [1.15, 0.4];
  const arm = [
    [-short, -short],
    [-short, -long],
    [short, -long],
  ][corner % 3];
  const angle = (Math.floor(corner / 3) * Math.PI) / 2 + Math.PI / 4;
  const [right, down] = arm;
  return [right * Math.cos(angle) - down * Math.sin(angle), right * Math.sin(angle) + down * Math.cos(angle)];
});
const CORNERS = { diamond: DIAMOND, star: STAR, square: SQUARE, triangle: TRIANGLE, cross: CROSS };

// A circle, diamond, star, square, triangle or cross round (x, y), filled or hollow; halo: with an edge of paper, for a
// mark that lies over a drawing.
function drawMark(pen, shape, x, y, radius, colour, filled, { halo } = {}) {
  pen.save();
  pen.beginPath();
  if (shape === "circle") pen.arc(x, y, radius, 0, 2 * Math.PI);
  else CORNERS[shape].forEach(([right, down]) => pen.lineTo(x + radius * right, y + radius * down));
  pen.closePath();
  pen.lineJoin = "round";
  if (halo) {
    pen.strokeStyle = pen.paper;
    pen.lineWidth = 6;
    pen.stroke();
  }
  pen.fillStyle = filled ? colour : pen.paper;
  pen.strokeStyle = colour;
  pen.lineWidth = 2;
  pen.fill();
  pen.stroke();
  pen.restore();
}

// Text at (x, y); halo: the colour of an edge round the letters, for text that lies over a drawing. A colour is mixed
// with the ink, so that it can be read.
function drawText(pen, text, x, y, { align = "left", colour, bold, halo } = {}) {
  pen.save();
  if (colour) pen.fillStyle = legible(colour, pen.ink);
  pen.font = `${bold ? "600 " : ""}12px system-ui, sans-serif`;
  pen.textAlign = align;
  if (halo) {
    pen.strokeStyle = halo;
    pen.lineWidth = 4;
    pen.lineJoin = "round";
    pen.strokeText(text, x, y);
  }
  pen.fillText(text, x, y);
  pen.restore();
}

// ---- labels and legends ------------------------------------------------------------------------------------------

// Where a label may lie, seen from its mark: the alignment of its text, and the directions right and down.
const LABEL_SIDES = [
  ["left", 1, 0],
  ["right", -1, 0],
  ["center", 0, -1],
  ["center", 0, 1],
  ["left", 0.8, -1],
  ["right", -0.8, -1],
  ["left", 0.8, 1],
  ["right", -0.8, 1],
];

const overlapOf = (one, other) =>
  Math.max(0, Math.min(one.right, other.right) - Math.max(one.left, other.left)) *
  Math.max(0, Math.min(one.bottom, other.bottom) - Math.max(one.top, other.top));

// Write each label beside its mark where it covers no mark, no other label and no edge of the sheet; where that cannot
// be, where it covers least. labels: [{ text, at: [x, y], radius, colour, bold }, ...], most important first; marks:
// [{ at: [x, y], radius }, ...], what must stay free; inside: { left, right, top, bottom } of the part of the sheet for
// labels. Returns the boxes of the labels.
function drawLabels({ pen, width, height, ink, paper }, labels, marks = [], inside = {}) {
  const frame = { left: 1, right: width - 1, top: 1, bottom: height - 1, ...inside };
  const boxOf = ({ at: [x, y], radius }) => ({
    left: x - radius,
    right: x + radius,
    top: y - radius,
    bottom: y + radius,
  });
  const taken = [...labels, ...marks].map(boxOf);
  return labels.map((label) => {
    pen.font = `${label.bold ? "600 " : ""}12px system-ui, sans-serif`;
    const wide = pen.measureText(label.text).width;
    const places = LABEL_SIDES.map(([align, right, down]) => labelPlace(label, wide, align, right, down));
    const outside = ({ box }) => {
      return 3 * (wide * 14 - overlapOf(box, frame));
    };
    const costs = places.map((place) => taken.reduce((sum, box) => sum + overlapOf(place.box, box), outside(place)));
    const { x, y, align, box } = places[costs.indexOf(Math.min(...costs))];
    const { colour = ink, bold } = label;
    drawText(pen, label.text, x, y, { align, colour, bold, halo: paper });
    taken.push(box);
    return box;
  });
}

function labelPlace({ at, radius }, wide, align, right, down) {
  const x = at[0] + right * (radius + 5);
  const middle = at[1] + down * (radius + 9);
  const left = x - { left: 0, right: wide, center: wide / 2 }[align];
  return { x, y: middle + 4, align, box: { left, right: left + wide, top: middle - 7, bottom: middle + 7 } };
}

// The list of what the marks and lines of a drawing mean: items [{ text, colour } with shape and filled for a mark,
// with line and dash ([on, off]) for a line, with area for a patch (edge: the colour of its edge), ...]. set(items)
// replaces it.
function legend(first = []) {
  const node = html("ul", { className: "ai-legend" });
  function set(items) {
    node.replaceChildren(...items.map((item) => html("li", {}, swatch(item), item.text)));
  }
  set(first);
  return { node, set };
}

let namespace;
function svg(tag, attributes, ...children) {
  // The parser knows the namespace; an address in a page that needs no network would look like a link.
  namespace ??= new DOMParser().parseFromString("<svg/>", "text/html").body.firstChild.namespaceURI;
  const node = document.createElementNS(namespace, tag);
  Object.entries(attributes).forEach(([name, value]) => node.setAttribute(name, value));
  node.append(...children);
  return node;
}

function swatch({ shape, filled = true, colour = "currentColor", line, dash = [], area, edge = colour }) {
  const paint = { stroke: colour, "stroke-width": 2, fill: filled ? colour : "var(--ai-paper)" };
  let drawn;
  if (line) drawn = svg("line", { ...paint, x1: 1, y1: 8, x2: 25, y2: 8, "stroke-dasharray": dash.join(" ") });
  else if (area) drawn = svg("rect", { x: 4, y: 2, width: 18, height: 12, fill: colour, stroke: edge });
  else if (shape === "circle") drawn = svg("circle", { ...paint, cx: 13, cy: 8, r: 5 });
  else {
    const points = CORNERS[shape].map(([right, down]) => `${13 + 5 * right},${8 + 5 * down}`).join(" ");
    drawn = svg("polygon", { ...paint, points, "stroke-linejoin": "round" });
  }
  return svg("svg", { width: 26, height: 16, viewBox: "0 0 26 16", "aria-hidden": "true" }, drawn);
}
