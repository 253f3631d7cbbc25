// Hyperplanes through the origin of a plane: turn them and watch bits flip, beside the angle that the bits measure.

// The stored picture lies here, in degrees; hyperplanes have handles up to this number.
const STORED_AT = 30;
const MOST_HANDLES = 8;
const RIM = 1.08;

const LSH_LEGEND = [
  { text: "stored: the original", shape: "circle", colour: ORANGE },
  { text: "activated original", shape: "diamond", colour: BLUE },
  { text: "its copy", shape: "cross", colour: PURPLE },
  { text: "another picture", shape: "square", colour: GREY },
  { text: "region of the stored code", area: true, colour: SKY },
  { text: "hyperplane, its handle, and its side of bit 1", line: true },
];

// Rows of pictures with their bits; set([{ image, name, bits, differs, theta }, ...]) with the stored code first.
function bitRows() {
  const node = html("div", { className: "ai-bit-rows" });
  const rows = [0, 1, 2].map(() => {
    const image = html("img", { alt: "" });
    const name = html("strong");
    const strip = canvas("", 26);
    const said = html("div", { className: "ai-bit-said" });
    node.append(image, html("div", {}, name, strip, said));
    return { image, name, strip, said };
  });
  function set(values) {
    values.forEach(({ image, name, bits, text, share }, i) => {
      const row = rows[i];
      if (row.image.src !== image) row.image.src = image;
      row.image.alt = name;
      row.name.textContent = name;
      row.said.replaceChildren(...(share ? shareBars(share) : []), text);
      drawBits(row.strip, bits, values[0].bits);
    });
  }
  return { node, set };
}

// Two bars, one under the other: the share of bits that differ, and theta / pi.
function shareBars([differ, theta]) {
  return [
    [differ, "ai-bar-bits"],
    [theta, "ai-bar-theta"],
  ].map(([share, name]) => {
    const fill = html("div", { className: name });
    fill.style.width = `${100 * share}%`;
    const bar = html("div", { className: "ai-share-bar" }, fill);
    bar.setAttribute("aria-hidden", "true");
    return bar;
  });
}

// Bits as squares, full for 1 and hollow for 0; those that differ from the stored ones with a frame and a stroke below.
function drawBits(node, bits, stored) {
  const { pen, width, ink, paper } = startDrawing(node);
  const side = Math.min(20, width / bits.length);
  const gap = side > 8 ? 2 : 1;
  bits.forEach((bit, i) => {
    const differs = bit !== stored[i];
    pen.fillStyle = differs ? VERMILION : ink;
    pen.fillRect(i * side, 2, side - gap, 18);
    pen.fillStyle = paper;
    if (!bit) pen.fillRect(i * side + gap, 2 + gap, side - 3 * gap, 18 - 2 * gap);
    pen.fillStyle = VERMILION;
    if (differs) pen.fillRect(i * side, 23, side - gap, 3);
  });
  const written = bits.map((bit) => (bit ? "1" : "0")).join("");
  node.setAttribute("aria-label", `bits ${written}, of which ${differing(bits, stored)} differ from the stored ones`);
}

const percent = (share) => `${(100 * share).toFixed(0)} %`;

function render({ model, el }) {
  const get = (name) => model.get(name);
  const put = (name, value) => {
    model.set(name, value);
    model.save_changes();
  };
  const { pool, counts, edits, original, another, reach } = get("_fixed");
  const rounded = (degrees) => Math.round(10 * turnBetween(0, degrees)) / 10;
  const towards = ([x, y]) => (Math.atan2(y, x) * 180) / Math.PI;
  const released = () => activatedDirection(get("normals"), STORED_AT, get("activation"));

  function moveTo(name, at) {
    if (name === "copy") return put("copy", rounded(turnBetween(released(), towards(at))));
    const number = Number(name.split(" ")[1]) - 1;
    // The handle lies on the hyperplane, a quarter turn from its normal.
    const turned = get("normals").map((normal, i) => (i === number ? rounded(towards(at) + 90) : normal));
    put("normals", turned);
  }
  const countSlider = slider("bits", counts, String, (count) => {
    const normals = get("normals");
    put("normals", [...normals.slice(0, count), ...pool.slice(normals.length, count)]);
  });
  const activationSlider = slider(
    "activation",
    Array.from({ length: 31 }, (_, degrees) => degrees),
    (degrees) => `${degrees}°`,
    (degrees) => put("activation", degrees),
  );
  const randomButton = button("draw new hyperplanes at random", () => {
    put(
      "normals",
      get("normals").map(() => rounded(360 * Math.random())),
    );
  });
  activationSlider.node.title = "How far activation may turn the original away from the hyperplanes, in degrees";
  const plane = movingPlane({ reach, onMove: moveTo });
  const rows = bitRows();
  const verdict = verdictLine();
  const marks = legend(LSH_LEGEND);
  const note = html(
    "p",
    { className: "ai-note" },
    "Of the two bars, the upper is the share of bits that differ, the lower one θ / π. The angles of the copies and " +
      "of the other picture to the original are those of their real features.",
  );
  const problem = html("p", { className: "ai-problem", role: "alert" });
  const root = html(
    "div",
    { className: "ai-explorer ai-lesson" },
    html("div", { className: "ai-bar" }, countSlider.node, activationSlider.node, randomButton),
    problem,
    html("div", { className: "ai-view" }, plane.node, html("section", {}, verdict.node, rows.node, note, marks.node)),
  );

  function draw() {
    const [normals, copy, activation] = [get("normals"), get("copy"), get("activation")];
    const release = released();
    const places = { stored: STORED_AT, release, copy: release + copy, another: STORED_AT - another.angle };
    const bits = Object.fromEntries(Object.entries(places).map(([name, at]) => [name, bitsOf(normals, at)]));
    const handles = normals.slice(0, MOST_HANDLES).map((normal, i) => ({
      name: `hyperplane ${i + 1}`,
      at: pointAt(normal - 90, RIM),
      text: `normal at ${normal.toFixed(0)} degrees`,
    }));
    const text = `${copy.toFixed(0)} degrees from what was released`;
    handles.push({ name: "copy", at: pointAt(places.copy, 0.97), text });
    plane.draw((sheet) => paintLsh(sheet, { normals, places, activation }), handles);
    const edit =
      edits[
        nearestPosition(
          edits.map((each) => each.angle),
          Math.abs(copy),
        )
      ];
    const row = (name, image, direction, own) => {
      const [differ, theta] = [differing(own, bits.stored), Math.abs(turnBetween(STORED_AT, direction))];
      const said = `${differ} of ${normals.length} bits differ = ${percent(differ / normals.length)}; `;
      const text = `${said}θ = ${theta.toFixed(0)}°, θ / π = ${percent(theta / 180)}`;
      return { name, image, bits: own, text, share: [differ / normals.length, theta / 180] };
    };
    rows.set([
      { name: "stored: the original", image: original, bits: bits.stored, text: "the code that the index keeps" },
      row(copyName(edit, Math.abs(copy)), edit.image, places.copy, bits.copy),
      row("another picture", another.image, places.another, bits.another),
    ]);
    const sentence = lshSentence(differing(bits.copy, bits.stored), roomAround(normals, release), activation);
    verdict.set(sentence);
    plane.describe(`${normals.length} hyperplanes through the origin of a plane. ${sentence}`);
    countSlider.set(normals.length);
    activationSlider.set(activation);
    problem.textContent = get("_error");
  }

  const watched = ["normals", "copy", "activation", "_error"];
  return mount({ model, el, root, problem, watched, draw });
}

// The edit whose copy lies at nearly this angle from the original.
function copyName(edit, angle) {
  if (Math.abs(edit.angle - angle) < 0.1) return `its copy under ${edit.name}`;
  if (angle > edit.angle + 8) return `a copy farther away than any of the edits (here ${edit.name})`;
  return `a copy about as far away as under ${edit.name}`;
}

function lshSentence(differ, room, activation) {
  const nearest = Math.min(...room).toFixed(0);
  const released = activation ? "activated original" : "original";
  const margin = `The ${released} is ${nearest}° from the nearest hyperplane`;
  if (!differ) return `✓ The copy keeps every bit. ${margin}.`;
  return `✗ The copy crosses ${differ === 1 ? "1 hyperplane" : `${differ} hyperplanes`}. ${margin}.`;
}

function paintLsh({ pen, toPixel, ink }, { normals, places, activation }) {
  const middle = toPixel([0, 0]);
  const radius = toPixel([1, 0])[0] - middle[0];
  const [below, above] = roomAround(normals, STORED_AT);
  pen.save();
  pen.globalAlpha = 0.32;
  pen.fillStyle = SKY;
  pen.beginPath();
  pen.moveTo(...middle);
  pen.arc(...middle, radius, radians(-STORED_AT - above), radians(-STORED_AT + below));
  pen.fill();
  pen.globalAlpha = 0.5;
  pen.beginPath();
  pen.arc(...middle, radius, 0, 2 * Math.PI);
  pen.stroke();
  pen.restore();
  normals.forEach((normal, i) => paintHyperplane(pen, toPixel, normal, i, normals.length, ink));
  const arrow = (direction, colour, dash) =>
    drawArrow(pen, middle, toPixel(pointAt(direction, 0.9)), { colour, width: 2, dash });
  arrow(places.another, GREY, [2, 3]);
  arrow(places.stored, ORANGE, []);
  if (activation) arrow(places.release, BLUE, []);
  arrow(places.copy, PURPLE, [6, 3]);
  const mark = (shape, direction, colour) =>
    drawMark(pen, shape, ...toPixel(pointAt(direction, 0.97)), 7, colour, true, { halo: true });
  mark("square", places.another, GREY);
  mark("circle", places.stored, ORANGE);
  if (activation) mark("diamond", places.release, BLUE);
  mark("cross", places.copy, PURPLE);
}

// A hyperplane is a line; with few of them, a short arrow shows the side of bit 1, and a ring the handle.
function paintHyperplane(pen, toPixel, normal, number, count, ink) {
  const [one, other] = [normal - 90, normal + 90].map((direction) => toPixel(pointAt(direction, RIM)));
  drawLine(pen, [one, other], { colour: ink, width: count > MOST_HANDLES ? 1 : 1.6, opacity: 0.7 });
  if (count > MOST_HANDLES) return;
  const tip = pointAt(normal, 0.14);
  const foot = pointAt(normal + 90, 0.8);
  drawArrow(pen, toPixel(foot), toPixel([foot[0] + tip[0], foot[1] + tip[1]]), { colour: ink, width: 1.6 });
  drawMark(pen, "circle", ...one, 8, ink, false);
  drawText(pen, String(number + 1), one[0], one[1] + 4, { align: "center", bold: true });
}

export default { render };
