// A product quantizer of the plane: drag a vector, and it snaps to the point that its code stands for.

const PQ_LEGEND = [
  { text: "the vector x", shape: "circle" },
  { text: "q(x): what its code stands for", shape: "star", colour: GREEN },
  { text: "all vectors here have the same code", area: true, colour: SKY },
  { text: "the other points that a code can stand for", shape: "cross", colour: GREY },
  { text: "the codewords of each part, at the edges", shape: "triangle", colour: GREY },
];

// The two numbers of a code as boxes, in decimals and in bits.
function codeBoxes() {
  const node = html("div", { className: "ai-code" });
  const set = (code, nbits) =>
    node.replaceChildren(
      ...code.map((number, m) =>
        html(
          "div",
          { className: "ai-code-box" },
          html("span", {}, code.length > 1 ? `part ${m + 1}` : "whole vector"),
          html("strong", {}, String(number)),
          html("code", {}, number.toString(2).padStart(nbits, "0")),
        ),
      ),
    );
  return { node, set };
}

function render({ model, el }) {
  const get = (name) => model.get(name);
  const put = (name, value) => {
    model.set(name, value);
    model.save_changes();
  };
  const { points, settings, reach } = get("_fixed");
  const choices = (M) => [...new Set(settings.filter((each) => each.M === M).map((each) => each.nbits))];
  const moveTo = (name, at) =>
    put(
      "x",
      at.map((value) => Math.round(1e4 * value) / 1e4),
    );

  const partsChoice = choice("parts M", (value) => {
    const M = Number(value);
    if (M === get("M")) return;
    // The same number of bits, as far as there are such codes.
    const wanted = (get("nbits") * get("M")) / M;
    const nbits = choices(M)[nearestPosition(choices(M), wanted)];
    model.set("nbits", nbits);
    put("M", M);
  });
  const bitsSlider = slider("nbits", [1], String, (nbits) => put("nbits", nbits));
  const plane = movingPlane({ reach, onMove: moveTo, onPick: (at) => moveTo("x", at) });
  const boxes = codeBoxes();
  const said = html("p", { className: "ai-finding" });
  said.setAttribute("aria-live", "polite");
  const facts = factTable([
    "a vector takes",
    "the codebooks hold",
    "a code can stand for",
    "error of this x",
    "mean error",
  ]);
  const marks = legend(PQ_LEGEND);
  const problem = html("p", { className: "ai-problem", role: "alert" });
  const root = html(
    "div",
    { className: "ai-explorer ai-lesson" },
    html("div", { className: "ai-bar" }, partsChoice.node, bitsSlider.node),
    problem,
    html("div", { className: "ai-view" }, plane.node, html("section", {}, boxes.node, said, facts.node, marks.node)),
  );

  function draw() {
    const [M, nbits, x] = [get("M"), get("nbits"), get("x")];
    const setting = settings.find((each) => each.M === M && each.nbits === nbits);
    // The two traits arrive one after the other.
    if (!setting) return;
    const { books, error } = setting;
    const code = encodePoint(books, x);
    const decoded = decodePoint(books, code);
    const at = x.map((value) => value.toFixed(2)).join(", ");
    const handles = [{ name: "vector x", at: x, text: at }];
    plane.draw((sheet) => paintPq(sheet, { points, books, x, code, decoded, reach }), handles);
    boxes.set(code, nbits);
    const count = allCodes(books).length;
    said.textContent = `x = (${at}) becomes ${M === 1 ? "the number" : "the numbers"} ${code.join(" and ")}.`;
    plane.describe(`${count} points in the plane that codes stand for. ${said.textContent}`);
    const held = books.reduce((sum, book) => sum + book.length * book[0].length, 0);
    facts.set([
      `${M} · ${nbits} = ${M * nbits} bits in place of 64`,
      `${books.map((book) => book.length).join(" + ")} codewords, ${held} numbers`,
      `${books.map((book) => book.length).join(" · ")}${M > 1 ? ` = ${count}` : ""} points`,
      partDistance(decoded, x).toFixed(4),
      `${error.toFixed(4)} over ${points.length} vectors`,
    ]);
    partsChoice.set(M, [
      [1, "1: cells"],
      [2, "2: a product"],
    ]);
    bitsSlider.set(nbits, choices(M));
    problem.textContent = get("_error");
  }

  const watched = ["x", "M", "nbits", "_error"];
  return mount({ model, el, root, problem, watched, draw });
}

function paintPq(sheet, { points, books, x, code, decoded, reach }) {
  const { pen, toPixel, ink } = sheet;
  drawArea(pen, codeCell(books, code, reach).map(toPixel), SKY, 0.4);
  if (books.length === 1) {
    books[0].forEach((_, cell) => {
      const corners = cellCorners(books[0], cell, reach).map(toPixel);
      drawLine(pen, [...corners, corners[0]], { opacity: 0.4 });
    });
  } else {
    paintGrid(pen, books, reach, toPixel);
    paintEdges(sheet, books, code, reach);
  }
  const places = points.map(toPixel);
  drawDots(pen, places, 1.8, GREY);
  const size = allCodes(books).length > 100 ? 2 : 3;
  allCodes(books).forEach((at) => drawMark(pen, "cross", ...toPixel(at), size, GREY, true));
  drawArrow(pen, toPixel(x), toPixel(decoded), { colour: ink, width: 2 });
  drawMark(pen, "star", ...toPixel(decoded), 8, GREEN, true, { halo: true });
  drawMark(pen, "circle", ...toPixel(x), 6, ink, true, { halo: true });
}

function paintGrid(pen, books, reach, toPixel) {
  const across = (at) => [
    [at, -reach],
    [at, reach],
  ];
  bordersOf(books[0]).forEach((at) => drawLine(pen, across(at).map(toPixel), { opacity: 0.4 }));
  const upright = (at) => across(at).map(([x, y]) => toPixel([y, x]));
  bordersOf(books[1]).forEach((at) => drawLine(pen, upright(at), { opacity: 0.4 }));
}

// The codewords of the first part along the lower edge, those of the second along the left one; those of the code full.
function paintEdges({ pen, toPixel, ink }, books, code, reach) {
  const edge = 0.955 * reach;
  books.forEach((book, m) => {
    book.forEach(([value], number) => {
      const own = number === code[m];
      const at = toPixel(m ? [-edge, value] : [value, -edge]);
      drawMark(pen, "triangle", ...at, own ? 7 : 4, own ? GREEN : GREY, true, { halo: own });
      if (own) drawText(pen, String(number), at[0] + 10, at[1] - 6, { bold: true, colour: ink, halo: pen.paper });
    });
  });
}

export default { render };
