// Recall and work over efSearch for the graph of an explorer, averaged over its queries; a click sets efSearch.

// The values of efSearch that the curve has, and the slider.
const EF_VALUES = [1, 2, 3, 4, 5, 6, 8, 10, 12, 16, 20, 24, 32, 40, 48, 64];
const EF_TICKS = [1, 2, 4, 8, 16, 32, 64].map((value) => [value, String(value)]);

// Recall of 10 is drawn first, larger and hollow, so that the other marks are seen inside its own.
const CURVES = [
  { name: "recall", text: "recall of 10", shape: "square", dash: [6, 3], size: 4.5 },
  { name: "nearest", text: "queries whose nearest is found", shape: "diamond", colour: GREEN, filled: true, size: 2.5 },
  { name: "compared", text: "vectors compared, share of N", shape: "circle", colour: SKY, dash: [2, 3], size: 2.5 },
];
const CHART_LEGEND = [
  ...CURVES.map(({ text, shape, colour, filled = false }) => ({ text, shape, colour, filled })),
  { text: "present efSearch", line: true },
];

// No line breaks before the sign.
const asPercent = (share) => `${(100 * share).toFixed(0)}\u00a0%`;
const averageText = (efSearch, row) =>
  `efSearch ${efSearch}: ${asPercent(row.nearest)} of queries find their nearest, recall of 10 ` +
  `${row.recall.toFixed(2)}, ${asPercent(row.compared)} of vectors compared`;

// Averages of many queries by M and efSearch, computed once each. measure(M, efSearch): the row, measured now if it is
// not known; known(M, efSearch): the row, or undefined. follow(M, extra, changed) measures all rows of the curve of M
// in pieces, so that the page stays free, calls changed() when they are there, and then builds the graphs of the other
// values of M, one after the other: buildNext() builds one, and says whether there was one to build.
function averagesByM({ queries, points, graphOf, buildNext }) {
  const rows = new Map();
  let orders;
  let timer = 0;
  const known = (M, efSearch) => rows.get(`${M} ${efSearch}`);
  function measure(M, efSearch) {
    orders ??= queries.map((query) => exactOrder(points, query));
    if (!known(M, efSearch)) rows.set(`${M} ${efSearch}`, averagesOf(graphOf(M), queries, orders, efSearch));
    return known(M, efSearch);
  }
  function follow(M, extra, changed) {
    clearTimeout(timer);
    const missing = [extra, ...EF_VALUES].filter((efSearch) => !known(M, efSearch));
    timer = setTimeout(() => {
      if (missing.length) measure(M, missing[0]);
      else if (!buildNext()) return;
      if (missing.length === 1) changed();
      follow(M, extra, changed);
    }, 0);
  }
  return { measure, known, follow, end: () => clearTimeout(timer) };
}

// The curves on a canvas; onPick(efSearch) hears of a click. draw(rowOf, efSearch): rowOf(value) is a row or undefined.
function averagesChart(onPick) {
  const sheetNode = canvas("", 178);
  const node = stage(sheetNode);
  let scale;
  let rowOf = () => undefined;
  const text = (i) => (rowOf(EF_VALUES[i]) ? averageText(EF_VALUES[i], rowOf(EF_VALUES[i])) : "being measured");
  pickable(node, {
    label: "efSearch of the curve",
    count: () => EF_VALUES.length,
    find: ([x]) => {
      if (!scale || x < scale.left - 8 || x > scale.right + 8) return -1;
      const places = EF_VALUES.map(scale.x);
      return nearestPosition(places, x);
    },
    // Before the first drawing there are no places.
    place: (i) => (scale ? [scale.x(EF_VALUES[i]), scale.y(rowOf(EF_VALUES[i])?.compared ?? 0)] : [0, 0]),
    text,
    onPick: (i) => onPick(EF_VALUES[i]),
  });
  function draw(newRowOf, efSearch) {
    rowOf = newRowOf;
    const sheet = startDrawing(sheetNode);
    const margins = { ...CURVE_MARGINS, bottom: 36 };
    const axes = { values: EF_VALUES, scale: Math.log2, ticks: EF_TICKS, label: "efSearch", show: shortNumber };
    scale = drawFrame(sheet, { margins, inset: { left: 6, right: 6 }, ...axes });
    drawUpright(sheet.pen, scale.x(efSearch), scale.top, scale.bottom, { width: 2, opacity: 0.6 });
    CURVES.forEach((curve) => drawAverages(sheet, scale, curve, rowOf, efSearch));
    const row = rowOf(efSearch);
    sheetNode.setAttribute(
      "aria-label",
      row ? `Averages at ${averageText(efSearch, row)}.` : "Averages: being measured",
    );
  }
  return { node, draw };
}

function drawAverages({ pen, ink }, { x, y }, { name, shape, colour = ink, dash, filled, size }, rowOf, efSearch) {
  const shown = EF_VALUES.filter(rowOf);
  const at = (value) => [x(value), y(rowOf(value)[name])];
  drawLine(pen, shown.map(at), { colour, width: 2, dash });
  for (const value of shown) {
    drawMark(pen, shape, ...at(value), value === efSearch ? size + 2 : size, colour, filled);
  }
}
