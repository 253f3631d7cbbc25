// R@1 against the strength of an edit. A mark that is pointed at, clicked or reached with the arrow keys shows the copy
// of that strength; under the curves lies one original at each strength.

const HOVER_MS = 140;
// As figures/evaluation.CURVES: brute force, passive at nprobe 16, activated and passive at nprobe 1.
const LOOKS = [
  { colour: "ink", dash: [2, 3] },
  { colour: ORANGE, dash: [8, 3, 2, 3], shape: "triangle" },
  { colour: BLUE, dash: [], shape: "diamond" },
  { colour: ORANGE, dash: [6, 4], shape: "circle" },
];
const MARGINS = { left: 38, right: 26, top: 10, bottom: 40, ticks: 15 };
const STRIP = 44;

const percentFree = (value) => String(Math.round(value * 100) / 100);

function render({ model, el }) {
  const get = (name) => model.get(name);
  const put = (values) => {
    Object.entries(values).forEach(([name, value]) => model.set(name, value));
    model.save_changes();
  };
  // Only a page without a kernel holds an example of every mark, for one original.
  const stored = get("_stored");
  const all = get("_curves");
  const present = () => all.edits[get("edit")];
  const point = () => Math.min(get("point"), present().values.length - 1);

  let kept = { curve: get("curve"), point: get("point") };
  const soon = settled(put, HOVER_MS);
  const keep = (values) => {
    soon.cancel();
    kept = values;
    put(values);
  };
  const editChoice = select("edit", (edit) => {
    const last = all.edits[edit].values.length - 1;
    kept = { curve: get("curve"), point: Math.min(get("point"), last) };
    put({ edit, ...kept });
  });
  const chart = canvas("", 230);
  const area = stage(chart);
  let places = [];
  const numberOf = ({ curve, point }) => curve * present().values.length + point;
  const markOf = (i) => ({
    curve: Math.floor(i / present().values.length),
    point: i % present().values.length,
  });
  const textOf = (i) => {
    const mark = markOf(i);
    const [r1] = present().curves[mark.curve][mark.point];
    return `${all.labels[mark.curve]}, ${percentFree(present().values[mark.point])}: R@1 ${r1.toFixed(2)}`;
  };
  function find([x, y]) {
    const far = places.map(([px, py]) => Math.hypot(px - x, py - y));
    const nearest = far.indexOf(Math.min(...far));
    return far[nearest] < 20 ? nearest : -1;
  }
  const marks = pickable(area, {
    label: "R@1 against the strength",
    count: () => places.length,
    find,
    place: (i) => places[i],
    text: textOf,
    onPick: (i) => keep(markOf(i)),
  });
  marks.node.addEventListener("pointermove", (event) => {
    const i = event.pointerType === "mouse" ? find(placeIn(area, event)) : -1;
    if (i >= 0) soon(markOf(i));
  });
  marks.node.addEventListener("pointerleave", () => soon(kept));
  const marksLegend = legend(
    LOOKS.map(({ colour, dash, shape }, i) => {
      const own = colour === "ink" ? "currentColor" : colour;
      const said = { text: all.labels[i], colour: own };
      return shape ? { ...said, shape } : { ...said, line: true, dash };
    }),
  );
  const strip = html("div", { className: "ai-strip", role: "img" });
  const heading = html("h2");
  const originals = originalsPart(get("_originals"), (picture) => put({ picture }));
  const example = examplePart((source) => (stored ? stored.pictures[source] : source));
  const problem = html("p", { className: "ai-problem", role: "alert" });
  const root = html(
    "div",
    { className: "ai-explorer ai-strengths" },
    html("div", { className: "ai-bar" }, editChoice.node),
    problem,
    area,
    strip,
    marksLegend.node,
    heading,
    example.node,
    originals.node,
  );

  function drawChart() {
    const { values, curves, unit } = present();
    const sheet = startDrawing(chart);
    const every = Math.ceil((values.length * 44) / Math.max(sheet.width - 70, 1));
    const ticks = values.filter((_, i) => i % every === 0).map((value) => [value, percentFree(value)]);
    const options = { margins: MARGINS, inset: { left: 12, right: 0 }, values, scale: asItIs, ticks, label: unit };
    const { x, y } = drawFrame(sheet, { ...options, show: shortNumber });
    places = [];
    curves.forEach((rows, curve) => {
      const { colour, dash, shape } = LOOKS[curve];
      const own = colour === "ink" ? sheet.ink : colour;
      const points = rows.map(([r1], i) => [x(values[i]), y(r1)]);
      drawLine(sheet.pen, points, { colour: own, width: 2, dash });
      points.forEach(([px, py], i) => {
        const isPresent = curve === get("curve") && i === point();
        if (isPresent) drawMark(sheet.pen, "circle", px, py, 9, sheet.ink, false);
        if (shape) drawMark(sheet.pen, shape, px, py, isPresent ? 5 : 3.5, own, true);
        else if (isPresent) drawMark(sheet.pen, "circle", px, py, 3, own, true);
      });
      places.push(...points);
    });
    const said = curves.map((rows, i) => `${all.labels[i]}: ${rows.map(([r1]) => r1.toFixed(2)).join(", ")}`);
    chart.setAttribute("aria-label", `R@1 at ${unit} ${values.map(percentFree).join(", ")}. ${said.join("; ")}.`);
    return values.map((value) => x(value));
  }

  function drawStrip(middles) {
    const sources = stored ? stored.strips[get("edit")] : get("_strip");
    if (sources.length !== middles.length) return;
    const gap = middles.length > 1 ? Math.abs(middles[1] - middles[0]) : STRIP;
    const every = Math.ceil(28 / gap);
    const side = Math.min(STRIP, gap * every - 3);
    const images = sources.map((src, i) => {
      const node = html("img", { src, alt: "", className: i === point() ? "ai-present" : "" });
      Object.assign(node.style, { left: `${middles[i]}px`, width: `${side}px`, height: `${side}px` });
      return node;
    });
    strip.replaceChildren(...images.filter((_, i) => i % every === 0));
    strip.setAttribute("aria-label", `original ${get("picture") + 1} under ${get("edit")}, at each strength`);
  }

  function draw() {
    const { values, unit, curves } = present();
    editChoice.set(
      get("edit"),
      Object.keys(all.edits).map((name) => [name, name]),
    );
    drawStrip(drawChart());
    const [curve, at] = [get("curve"), point()];
    const [r1, low, high] = curves[curve][at];
    const value = percentFree(values[at]);
    heading.textContent =
      `${all.labels[curve]}, ${get("edit")} ${value} (${unit}): R@1 ${r1.toFixed(2)} ` +
      `(${low.toFixed(2)} to ${high.toFixed(2)}). One copy:`;
    originals.set(get("picture"), undefined, () => true);
    originals.node.hidden = Boolean(stored);
    const shown = stored ? stored.examples[`${get("edit")} ${curve} ${at}`] : get("_example");
    const kind = all.labels[curve].startsWith("activated") ? "activated" : "passive";
    if (shown) example.show(shown, `${kind} copy (${get("edit")} ${value})`);
    problem.textContent = get("_error");
  }
  const watched = stored ? ["edit", "curve", "point"] : ["edit", "_strip", "curve", "point", "_example", "_error"];
  return mount({ model, el, root, problem, watched, draw });
}

export default { render };
