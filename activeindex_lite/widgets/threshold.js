// A threshold over two histograms: copies upward, other pictures downward; what lies right of the line is an alarm.

const HISTOGRAM = { left: 8, right: 8, top: 8, bottom: 36 };

function render({ model, el }) {
  const get = (name) => model.get(name);
  const put = (name, value) => {
    model.set(name, value);
    model.save_changes();
  };
  const { limits, bars, steps, names, quantity, counts, shares } = get("_fixed");
  const digits = limits[1] - limits[0] > 20 ? 1 : 3;
  const written = (value) => value.toFixed(digits);

  const line = slider("threshold", steps.threshold, written, (value) => put("threshold", value));
  const shareSelect = select("copies are", (value) => put("share", Number(value)));
  const sheet = canvas("", 280);
  const box = stage(sheet);
  const places = () => ({ left: HISTOGRAM.left, span: sheet.clientWidth - HISTOGRAM.left - HISTOGRAM.right });
  const toPixel = (value) => places().left + ((value - limits[0]) / (limits[1] - limits[0])) * places().span;
  function moveTo([x]) {
    const share = Math.max(0, Math.min(1, (x - places().left) / places().span));
    put("threshold", steps.threshold[Math.round(share * (steps.threshold.length - 1))]);
  }
  const grip = handle(box, { label: "threshold", onMove: moveTo, step: 6 });
  grip.node.classList.add("ai-upright-handle");
  sheet.addEventListener("click", (event) => moveTo(placeIn(box, event)));
  const said = html("p", { className: "ai-finding" });
  said.setAttribute("aria-live", "polite");
  const meters = ["precision", "recall", "others passing"].map(meterLine);
  const marks = legend([
    { text: "copy that raises an alarm: right", area: true, colour: GREEN },
    { text: "other picture that raises an alarm: wrong", area: true, colour: VERMILION },
    { text: "no alarm", area: true, colour: GREY },
  ]);
  const curve = canvas("", 280);
  const problem = html("p", { className: "ai-problem", role: "alert" });
  const root = html(
    "div",
    { className: "ai-explorer ai-lesson" },
    html("div", { className: "ai-bar" }, line.node, shareSelect.node),
    problem,
    html(
      "div",
      { className: "ai-threshold-view" },
      html("section", {}, box, marks.node),
      html("section", {}, html("div", { className: "ai-meters" }, ...meters.map((meter) => meter.node)), said, curve),
    ),
  );

  // Precision, if this share of the queries are copies; null without an alarm.
  function precisionAt(step, share) {
    const [right, wrong] = [share * steps.recall[step], (1 - share) * steps.false[step]];
    return right + wrong > 0 ? right / (right + wrong) : null;
  }

  function draw() {
    const share = get("share");
    const step = nearestPosition(steps.threshold, get("threshold"));
    const at = steps.threshold[step];
    const precision = precisionAt(step, share);
    const [recall, wrong] = [steps.recall[step], steps.false[step]];
    line.set(at);
    const listed = shares.some(([value]) => value === share) ? shares : [[share, `a share of ${share}`], ...shares];
    shareSelect.set(
      String(share),
      listed.map(([value, words]) => [String(value), words]),
    );
    paintHistogram(sheet, { bars, limits, names, quantity, at, toPixel });
    grip.set([toPixel(at), (sheet.clientHeight - HISTOGRAM.bottom) / 2], written(at));
    meters[0].set(precision, precision === null ? "no alarm" : undefined);
    meters[1].set(recall);
    meters[2].set(wrong);
    said.textContent = thresholdSentence(share, recall, wrong);
    const points = steps.threshold.map((_, i) => [steps.recall[i], precisionAt(i, share)]);
    paintTradeoff(curve, points, [recall, precision]);
    const found = precision === null ? "no alarm" : `precision ${(100 * precision).toFixed(1)} %`;
    const text = `threshold ${written(at)}: ${found}, recall ${(100 * recall).toFixed(1)} %`;
    sheet.setAttribute("aria-label", `${counts[0]} copies upward, ${counts[1]} others downward; ${text}`);
    curve.setAttribute("aria-label", `Precision against recall for every threshold; present: ${text}`);
    problem.textContent = get("_error");
  }

  const watched = ["threshold", "share", "_error"];
  return mount({ model, el, root, problem, watched, draw });
}

// Of 10,000 queries, how many alarms are right and how many wrong.
function thresholdSentence(share, recall, wrong) {
  const [right, false_] = [1e4 * share * recall, 1e4 * (1 - share) * wrong].map(Math.round);
  const missed = Math.round(1e4 * share) - right;
  return (
    `Of 10,000 queries, ${grouped(right)} raise a right alarm and ${grouped(false_)} a wrong one; ` +
    `${grouped(missed)} copies raise none.`
  );
}

// A name, a bar and a percentage.
function meterLine(name) {
  const fill = html("div");
  const value = html("output");
  const bar = html("div", { className: "ai-meter-bar" }, fill);
  bar.setAttribute("aria-hidden", "true");
  const node = html("div", { className: "ai-meter-line" }, html("span", {}, name), bar, value);
  function set(share, text = `${(100 * share).toFixed(1)} %`) {
    fill.style.width = `${100 * (share ?? 0)}%`;
    value.textContent = text;
  }
  return { node, set };
}

function paintHistogram(node, { bars, limits, names, quantity, at, toPixel }) {
  const { pen, width, height, ink, paper } = startDrawing(node);
  const bottom = height - HISTOGRAM.bottom;
  const middle = (HISTOGRAM.top + bottom) / 2;
  const most = Math.max(...bars.flat());
  const step = (limits[1] - limits[0]) / bars[0].length;
  bars.forEach((shares, group) => {
    shares.forEach((share, i) => {
      const [from, to] = [limits[0] + i * step, limits[0] + (i + 1) * step];
      const tall = (share / most) * (middle - HISTOGRAM.top);
      const cut = Math.max(from, Math.min(to, at));
      const part = (left, right, colour) => {
        const [x, wide] = [toPixel(left), toPixel(right) - toPixel(left)];
        pen.fillStyle = colour;
        if (wide > 0) pen.fillRect(x, group ? middle : middle - tall, wide, tall);
      };
      part(from, cut, GREY);
      part(cut, to, group ? VERMILION : GREEN);
    });
  });
  drawAcross(pen, 0, width, middle, { colour: ink });
  drawUpright(pen, toPixel(at), HISTOGRAM.top, bottom, { colour: paper, width: 5 });
  drawUpright(pen, toPixel(at), HISTOGRAM.top, bottom, { colour: ink, width: 2, dash: [6, 4] });
  drawMark(pen, "circle", toPixel(at), middle, 8, ink, false);
  const words = { colour: ink, halo: paper };
  drawText(pen, `to ${names[0]}`, 12, HISTOGRAM.top + 14, { ...words, bold: true });
  drawText(pen, `to ${names[1]}`, 12, bottom - 8, { ...words, bold: true });
  [0, 0.25, 0.5, 0.75, 1].forEach((share) => {
    const value = limits[0] + share * (limits[1] - limits[0]);
    const align = { 0: "left", 1: "right" }[share] ?? "center";
    drawText(pen, value.toFixed(2), toPixel(value), bottom + 14, { ...words, align });
  });
  drawText(pen, quantity, width / 2, height - 4, { ...words, align: "center" });
}

const TRADEOFF = { left: 40, right: 14, top: 12, bottom: 40, ticks: 15 };

function paintTradeoff(node, points, present) {
  const sheet = startDrawing(node);
  const drawn = points.filter(([, precision]) => precision !== null);
  const { x, y } = drawFrame(sheet, {
    margins: TRADEOFF,
    inset: { left: 0, right: 0 },
    values: [0, 1],
    scale: asItIs,
    ticks: [0, 0.25, 0.5, 0.75, 1].map((value) => [value, shortNumber(value)]),
    label: "recall",
    show: shortNumber,
  });
  drawText(sheet.pen, "precision", TRADEOFF.left + 6, y(1) + 14, { halo: sheet.paper });
  const places = drawn.map(([recall, precision]) => [x(recall), y(precision)]);
  drawLine(sheet.pen, places, { colour: sheet.ink, width: 2 });
  if (present[1] === null) return;
  drawMark(sheet.pen, "circle", x(present[0]), y(present[1]), 6, sheet.ink, true, { halo: true });
}

export default { render };
