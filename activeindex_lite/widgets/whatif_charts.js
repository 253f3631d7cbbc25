// The what-if lab's charts: R@1 of both settings over one part of them, and every setting as a point of time and R@1.

const SIDES = {
  a: {
    name: "A",
    mark: "○",
    colour: ORANGE,
    shape: "circle",
    dash: [6, 4],
    shift: -2,
  },
  b: { name: "B", mark: "◆", colour: BLUE, shape: "diamond", dash: [], shift: 2 },
};
const SIDES_LEGEND = [
  { shape: "circle", colour: ORANGE, filled: false, text: "A (dashed line)" },
  { shape: "diamond", colour: BLUE, text: "B (solid line)" },
  { line: true, text: "large mark: as set; upright line: 95 % interval" },
];
const FIELD_LEGEND = [
  { shape: "square", colour: GREEN, text: "reaches the target" },
  { shape: "circle", colour: GREY, text: "does not" },
  { shape: "star", colour: GREEN, text: "the cheapest that does" },
  { line: true, colour: GREEN, dash: [5, 4], text: "R@1 at least" },
  { shape: "circle", colour: ORANGE, filled: false, text: "A" },
  { shape: "diamond", colour: BLUE, text: "B" },
];
const CHART_MARGINS = { left: 38, right: 16, top: 14, bottom: 40, ticks: 16 };
const TIME_TICKS = [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20];

// R@1 of both settings over their search or alpha. rows: { a, b }, each [[value, r1, low, high], ...]; present:
// { a, b }, the values whose points are large and carry the letter of their side.
function drawSides(node, { rows, present, ticks, label }) {
  const sheet = startDrawing(node);
  const values = [ticks, rows.a, rows.b].flatMap((each) => each.map(([value]) => value));
  const inset = { left: 8, right: 0 };
  // A second line below the ticks takes room.
  const bottom = ticks.some(([, , below]) => below) ? CHART_MARGINS.bottom + 14 : CHART_MARGINS.bottom;
  const margins = { ...CHART_MARGINS, bottom };
  const frame = drawFrame(sheet, { margins, inset, values, scale: asItIs, ticks, label, show: String });
  const letters = ["a", "b"].map((side) => drawSide(sheet, frame, SIDES[side], rows[side], present[side]));
  const marks = ["a", "b"].flatMap((side) =>
    rows[side].map(([value, r1]) => ({ at: [frame.x(value), frame.y(r1)], radius: 5 })),
  );
  drawLabels(sheet, letters, marks, { left: frame.left });
}

// Draws the curve; returns the letter of its side, to be written beside the large mark.
function drawSide({ pen }, { x, y, left, right }, side, rows, present) {
  const { name, colour, shape, dash, shift } = side;
  const curve = { colour, dash, width: 2 };
  // A setting that cannot vary has one point, drawn as a line across.
  if (rows.length === 1) drawAcross(pen, left, right, y(rows[0][1]), curve);
  else {
    const points = rows.map(([value, r1]) => [x(value) + shift, y(r1)]);
    drawLine(pen, points, curve);
  }
  for (const [value, r1, low, high] of rows) {
    drawUpright(pen, x(value) + shift, y(low), y(high), { colour });
    drawMark(pen, shape, x(value) + shift, y(r1), value === present ? 6 : 3, colour, shape === "diamond");
  }
  const at = rows.find(([value]) => value === present) || rows[0];
  return { text: name, at: [x(at[0]) + shift, y(at[1])], radius: 7, colour, bold: true };
}

// Every setting as a point of time and R@1: those that are enough, the answer, and A and B.
// sides: [{ side, setting }, ...], those of A and B that belong to this edit and number of references. Returns where a
// row lies.
function drawField(node, { rows, target, answer, sides, sweep }) {
  const sheet = startDrawing(node);
  const { pen } = sheet;
  const values = rows.map((row) => row.ms);
  const fewest = Math.log10(Math.min(...values)) - 0.02;
  const most = Math.log10(Math.max(...values)) + 0.02;
  const shown = TIME_TICKS.filter((ms) => Math.log10(ms) >= fewest && Math.log10(ms) <= most);
  const frame = drawFrame(sheet, {
    margins: CHART_MARGINS,
    inset: { left: 8, right: 8 },
    values,
    scale: Math.log10,
    ticks: shown.map((ms) => [ms, String(ms)]),
    label: "ms per query (log scale)",
    show: String,
  });
  const { x, y, left, right } = frame;
  drawAcross(pen, left, right, y(target.r1), { colour: GREEN, dash: [5, 4] });
  const place = (row) => [x(row.ms), y(row.r1)];
  drawDots(pen, rows.filter((row) => !isEnough(row, target)).map(place));
  drawSquares(pen, rows.filter((row) => isEnough(row, target)).map(place));
  if (answer) drawMark(pen, "star", ...place(answer), 9, GREEN, true, { halo: true });
  const letters = sides.map(({ side, setting }) => {
    const { name, colour, shape } = SIDES[side];
    const at = place(sweep.measured(setting));
    drawMark(pen, shape, ...at, 5, colour, shape === "diamond", { halo: true });
    return { text: name, at, radius: 7, colour, bold: true };
  });
  drawLabels(sheet, letters, answer ? [{ at: place(answer), radius: 10 }] : []);
  return place;
}

// Hundreds of points in one path, which is quick.
function drawDots(pen, places) {
  pen.save();
  pen.globalAlpha = 0.5;
  pen.fillStyle = GREY;
  pen.beginPath();
  for (const [x, y] of places) {
    pen.moveTo(x + 2, y);
    pen.arc(x, y, 2, 0, 2 * Math.PI);
  }
  pen.fill();
  pen.restore();
}

function drawSquares(pen, places) {
  pen.save();
  pen.globalAlpha = 0.9;
  pen.fillStyle = GREEN;
  pen.beginPath();
  for (const [x, y] of places) pen.rect(x - 2.5, y - 2.5, 5, 5);
  pen.fill();
  pen.restore();
}
