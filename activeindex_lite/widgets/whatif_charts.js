// The what-if lab's charts: R@1 of both settings over one part of them, and every setting as a point of time and R@1.
// Python puts this file between whatif_sweep.js and whatif.js.

// R@1 of both settings over one part of them; the present points are large and carry the letter of their side.
function drawSides(node, { rows, present, ticks, label, log }) {
  const { pen, width, height } = begin(node), [l, r, t, b] = [38, 16, 14, 40], f = log ? Math.log2 : (v) => v;
  const xs = ticks.map(([v]) => v), x0 = f(xs[0]), x1 = f(xs.at(-1));
  const x = (v) => l + 8 + ((f(v) - x0) / (x1 - x0 || 1)) * (width - l - r - 8), y = (v) => t + (1 - v) * (height - t - b);
  for (const v of [0, 0.25, 0.5, 0.75, 1]) {
    pen.globalAlpha = 0.2; pen.beginPath(); pen.moveTo(l, y(v)); pen.lineTo(width - r, y(v)); pen.stroke(); pen.globalAlpha = 1;
    write(pen, String(v), l - 8, y(v) + 4, { align: "right" });
  }
  ticks.forEach(([v, text]) => write(pen, text, x(v), height - b + 16, { align: "center" }));
  write(pen, label, (l + width - r) / 2, height - 4, { align: "center" });
  const halo = getComputedStyle(node).getPropertyValue("--ai-paper");
  for (const [side, shift] of [["a", -2], ["b", 2]]) {
    const { name, colour, shape } = SIDES[side], points = rows[side], [only] = points;
    pen.strokeStyle = colour; pen.lineWidth = 2; pen.setLineDash(side === "a" ? [6, 4] : []);
    pen.beginPath();
    if (points.length === 1) { pen.moveTo(l, y(only[1])); pen.lineTo(width - r, y(only[1])); }
    else points.forEach(([v, value], i) => (i ? pen.lineTo : pen.moveTo).call(pen, x(v) + shift, y(value)));
    pen.stroke(); pen.setLineDash([]);
    for (const [v, value, low, high] of points) {
      pen.lineWidth = 1; pen.beginPath(); pen.moveTo(x(v) + shift, y(low)); pen.lineTo(x(v) + shift, y(high)); pen.stroke();
      mark(pen, shape, x(v) + shift, y(value), v === present[side] ? 6 : 3, colour, shape === "diamond");
    }
    const at = points.find(([v]) => v === present[side]) || only;
    write(pen, name, x(at[0]) + (side === "a" ? -17 : 11), y(at[1]) + (side === "a" ? -8 : 16), { colour, bold: true, halo });
  }
}

// Every setting as a point of time and R@1: those that are enough, the answer, and A and B.
function drawField(node, { rows, target, answer, sides, sweep }) {
  const { pen, width, height } = begin(node), [l, r, t, b] = [38, 16, 14, 40], times = rows.map((row) => row.ms);
  const x0 = Math.log10(Math.min(...times)), x1 = Math.log10(Math.max(...times)), halo = getComputedStyle(node).getPropertyValue("--ai-paper");
  const x = (v) => l + 8 + ((Math.log10(v) - x0) / (x1 - x0 || 1)) * (width - l - r - 16), y = (v) => t + (1 - v) * (height - t - b);
  for (const v of [0, 0.25, 0.5, 0.75, 1]) {
    pen.globalAlpha = 0.2; pen.beginPath(); pen.moveTo(l, y(v)); pen.lineTo(width - r, y(v)); pen.stroke(); pen.globalAlpha = 1;
    write(pen, String(v), l - 8, y(v) + 4, { align: "right" });
  }
  for (const v of [0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 20]) if (Math.log10(v) >= x0 - 0.02 && Math.log10(v) <= x1 + 0.02) write(pen, String(v), x(v), height - b + 16, { align: "center" });
  write(pen, "ms a query (log scale)", (l + width - r) / 2, height - 4, { align: "center" });
  pen.setLineDash([5, 4]); pen.strokeStyle = GREEN; pen.beginPath(); pen.moveTo(l, y(target.r1)); pen.lineTo(width - r, y(target.r1)); pen.stroke(); pen.setLineDash([]);
  for (const good of [false, true]) {
    pen.globalAlpha = good ? 0.9 : 0.5; pen.fillStyle = good ? GREEN : GREY;
    pen.beginPath();
    for (const row of rows) {
      if (sweep.enough(row, target) !== good) continue;
      const [u, v] = [x(row.ms), y(row.r1)];
      if (good) pen.rect(u - 2.5, v - 2.5, 5, 5); else { pen.moveTo(u + 2, v); pen.arc(u, v, 2, 0, 7); }
    }
    pen.fill(); pen.globalAlpha = 1;
  }
  for (const side of sides) {
    const m = sweep.measured(side.setting), { name, colour, shape } = SIDES[side.side];
    mark(pen, shape, x(m.ms), y(m.r1), 5, colour, shape === "diamond");
    write(pen, name, x(m.ms) + 9, y(m.r1) + (name === "A" ? 14 : -6), { colour, bold: true, halo });
  }
  if (answer) mark(pen, "star", x(answer.ms), y(answer.r1), 9, GREEN, true);
}
