// A plane in units of the data, with points that one drags (the kit's stage and handles), and what the explorers of
// single lessons share: a table of facts, a box to tick, arrows, dots and polygons.

// A plane from -reach to reach in both directions. onMove(name, [x, y]) hears of a point that was dragged there, and
// onPick([x, y]), where given, of a click beside all points. draw(paint, points) calls paint(sheet) on a cleared
// canvas, the sheet having toPixel, and puts a handle on each of points [{ name, at: [x, y], text }, ...]; those last
// in the list lie on top.
function movingPlane({ reach, onMove, onPick }) {
  const sheetNode = canvas("", 400);
  sheetNode.classList.add("ai-square");
  const node = stage(sheetNode);
  node.classList.add("ai-plane");
  const handles = new Map();
  const box = () => {
    const [width, height] = [sheetNode.clientWidth, sheetNode.clientHeight];
    return { middle: [width / 2, height / 2], scale: Math.min(width, height) / 2 / reach };
  };
  const inside = (value) => Math.max(-reach, Math.min(reach, value));
  function toPixel([x, y]) {
    const { middle, scale } = box();
    return [middle[0] + x * scale, middle[1] - y * scale];
  }
  function toData([x, y]) {
    const { middle, scale } = box();
    return [inside((x - middle[0]) / scale), inside((middle[1] - y) / scale)];
  }

  function placeHandles(points) {
    const names = points.map((point) => point.name);
    for (const [name, own] of handles) {
      if (names.includes(name)) continue;
      own.node.remove();
      handles.delete(name);
    }
    points.forEach(({ name, at, text }, layer) => {
      if (!handles.has(name)) {
        handles.set(name, handle(node, { label: name, onMove: (place) => onMove(name, toData(place)) }));
      }
      const own = handles.get(name);
      own.set(toPixel(at), text);
      own.node.title = name;
      own.node.style.zIndex = layer + 1;
    });
  }

  if (onPick) sheetNode.addEventListener("click", (event) => onPick(toData(placeIn(node, event))));
  function draw(paint, points) {
    paint({ ...startDrawing(sheetNode), toPixel });
    placeHandles(points);
  }
  return { node, draw, describe: (text) => sheetNode.setAttribute("aria-label", text) };
}

// A box to tick; set(present) ticks it or not.
function tick(text, onChange) {
  const input = html("input", { type: "checkbox" });
  const node = html("label", { className: "ai-tick" }, input, text);
  input.addEventListener("change", () => onChange(input.checked));
  return { node, input, set: (present) => (input.checked = present) };
}

// Names and values, a line each; set(values) fills in the values.
function factTable(names) {
  const values = names.map(() => html("strong"));
  const lines = names.map((name, i) => html("li", {}, html("span", {}, name), values[i]));
  const node = html("ul", { className: "ai-facts" }, ...lines);
  return { node, set: (texts) => texts.forEach((text, i) => (values[i].textContent = text)) };
}

// A sentence that begins with a check mark or a cross, with an edge that says the same.
function verdictLine() {
  const node = html("p", { className: "ai-finding ai-verdict-line" });
  node.setAttribute("aria-live", "polite");
  function set(text) {
    if (node.textContent !== text) node.textContent = text;
    node.classList.toggle("ai-yes", text.startsWith("✓"));
    node.classList.toggle("ai-no", text.startsWith("✗"));
  }
  return { node, set };
}

// ---- marks -------------------------------------------------------------------------------------------------------

// The area inside corners [[x, y], ...].
function drawArea(pen, corners, colour, opacity = 1) {
  pen.save();
  pen.beginPath();
  corners.forEach(([x, y]) => pen.lineTo(x, y));
  pen.closePath();
  pen.globalAlpha = opacity;
  pen.fillStyle = colour;
  pen.fill();
  pen.restore();
}

// How the line from a query to what its search found is drawn; style as for drawLine.
const foundLine = (right) => ({ colour: right ? GREEN : VERMILION, width: 3, dash: right ? [] : [5, 3] });

// Small filled circles at points [[x, y], ...], in one stroke of the pen.
function drawDots(pen, points, radius, colour) {
  pen.save();
  pen.fillStyle = colour;
  pen.beginPath();
  for (const [x, y] of points) {
    pen.moveTo(x + radius, y);
    pen.arc(x, y, radius, 0, 2 * Math.PI);
  }
  pen.fill();
  pen.restore();
}

// An arrow from one point to another; style as for drawLine.
function drawArrow(pen, from, to, style) {
  const angle = Math.atan2(to[1] - from[1], to[0] - from[0]);
  if (Math.hypot(to[0] - from[0], to[1] - from[1]) < 1) return;
  drawLine(pen, [from, to], style);
  const wing = (turn) => [to[0] - 10 * Math.cos(angle + turn), to[1] - 10 * Math.sin(angle + turn)];
  drawArea(pen, [to, wing(0.42), wing(-0.42)], style.colour);
}

// ---- pictures ----------------------------------------------------------------------------------------------------

// Pictures side by side. set([{ image, name, text, right (true, false or undefined), onClick, pressed, hint }, ...])
// replaces them; those with onClick are buttons, pressed or not where that is given.
function pictureRow() {
  const node = html("div", { className: "ai-row" });
  let shown = "";
  function set(pictures) {
    const now = JSON.stringify(pictures);
    if (now === shown) return;
    shown = now;
    // A button keeps the focus of the one that was in its place.
    const focused = [...node.children].findIndex((child) => child.contains(document.activeElement));
    node.replaceChildren(...pictures.map(rowFigure));
    node.children[focused]?.querySelector("button")?.focus();
  }
  return { node, set };
}

function rowFigure({ image, name, text = "", right, onClick, pressed, hint = "" }) {
  const frame = { true: "ai-right", false: "ai-wrong" }[right] ?? "";
  const picture = html("img", { src: image, alt: name, className: frame });
  const words = html("figcaption", {}, html("strong", {}, name), html("br"), text);
  if (!onClick) return html("figure", { title: hint }, picture, words);
  const press = button("", onClick);
  press.classList.add("ai-picture-button");
  press.append(picture);
  press.title = hint;
  if (pressed !== undefined) press.setAttribute("aria-pressed", pressed);
  return html("figure", {}, press, words);
}
