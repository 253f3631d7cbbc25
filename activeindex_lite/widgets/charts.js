// Charts on a canvas: a frame with numbers and ticks, and curves with intervals over one x axis.

const asItIs = (value) => value;
// "0.75", and "0.5" for 0.50.
const shortNumber = (value) => value.toFixed(2).replace(/\.?0$/, "");

// Draw what every chart has: lines across from 0 to `most` with their numbers, ticks below and the name of the x axis.
// margins: pixels { left, right, top, bottom, ticks }, ticks from the chart down to its numbers; inset: pixels
// { left, right } that stay free inside; values: all x, at least one; scale: their scale, such as Math.log2;
// ticks: [[x, text, text below], ...]. Returns x and y, which turn values into pixels.
function drawFrame({ pen, width, height }, { margins, inset, values, scale, ticks, label, most = 1, show }) {
  const left = margins.left;
  const right = width - margins.right;
  const bottom = height - margins.bottom;
  const lowest = scale(Math.min(...values));
  // One value alone has no span: 1 avoids a division by 0.
  const span = scale(Math.max(...values)) - lowest || 1;
  const room = right - left - inset.left - inset.right;
  const x = (value) => left + inset.left + ((scale(value) - lowest) / span) * room;
  const y = (value) => margins.top + (1 - value / most) * (bottom - margins.top);
  for (const part of [0, 0.25, 0.5, 0.75, 1]) {
    const value = part * most;
    drawAcross(pen, left, right, y(value), { opacity: 0.2 });
    drawText(pen, show(value), left - 8, y(value) + 4, { align: "right" });
  }
  ticks.forEach(([value, text, below]) => {
    drawText(pen, text, x(value), bottom + margins.ticks, { align: "center" });
    if (below) drawText(pen, below, x(value), bottom + margins.ticks + 14, { align: "center" });
  });
  drawText(pen, label, (left + right) / 2, height - 4, { align: "center" });
  return { x, y, left, right, top: margins.top, bottom };
}

function drawAcross(pen, left, right, y, style) {
  const ends = [left, right].map((x) => [x, y]);
  drawLine(pen, ends, style);
}

function drawUpright(pen, x, top, bottom, style) {
  const ends = [top, bottom].map((y) => [x, y]);
  drawLine(pen, ends, style);
}

const CURVE_MARGINS = { left: 38, right: 12, top: 12, bottom: 50, ticks: 15 };

// Curves over one x axis. curves: [{ rows: [[x, y, low, high], ...], colour, shape }, ...], low and high (an interval)
// may be absent; present: the x that is marked; level: { at, text }, a dashed line across, or undefined.
function drawCurves(node, { curves, log, ticks, label, present, level, most = 1, show = shortNumber }) {
  const sheet = startDrawing(node);
  const { pen, ink } = sheet;
  const values = curves.flatMap((curve) => curve.rows.map((row) => row[0]));
  if (!values.length) return;
  const scale = log ? Math.log2 : asItIs;
  // A second line below the ticks takes room.
  const bottomMargin = ticks.some(([, , below]) => below) ? CURVE_MARGINS.bottom : CURVE_MARGINS.bottom - 14;
  const margins = { ...CURVE_MARGINS, bottom: bottomMargin };
  const options = { margins, inset: { left: 0, right: 0 }, values, scale, ticks, label, most, show };
  const { x, y, left, right, top, bottom } = drawFrame(sheet, options);
  if (level !== undefined) {
    drawAcross(pen, left, right, y(level.at), { colour: ORANGE, dash: [5, 4] });
    drawText(pen, level.text, right - 4, y(0.06 * most), { align: "right", colour: ORANGE });
  }
  drawUpright(pen, x(present), top, bottom, { colour: ink, width: 1.5, opacity: 0.5 });
  for (const { rows, colour, shape } of curves) {
    const points = rows.map((row) => [x(row[0]), y(row[1])]);
    drawLine(pen, points, { colour, width: 2 });
    for (const [value, middle, low = middle, high = middle] of rows) {
      drawUpright(pen, x(value), y(low), y(high), { colour });
      drawMark(pen, shape, x(value), y(middle), value === present ? 5 : 3, colour, shape === "diamond");
    }
  }
}
