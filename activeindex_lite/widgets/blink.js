// Blink and loupe: pictures of one size in one place, one after the other, and the same part of each enlarged. All is
// drawn from the pictures themselves, in the page.

// As lessons/one_picture.amplified_difference: mid-grey where nothing changed.
const GAIN = 10;
const HIGHEST = 400;
const BLINK_MS = 600;

// The pixels of a picture: a canvas to copy from, and its levels.
function pixelsOf(image) {
  const node = html("canvas", { width: image.naturalWidth, height: image.naturalHeight });
  const pen = node.getContext("2d", { willReadFrequently: true });
  pen.drawImage(image, 0, 0);
  return { node, levels: pen.getImageData(0, 0, node.width, node.height).data };
}

// A canvas with GAIN times the difference of two pictures.
function differenceOf(base, other) {
  const { width, height } = base.node;
  const node = html("canvas", { width, height });
  const pen = node.getContext("2d");
  const drawn = pen.createImageData(width, height);
  drawn.data.forEach((_, i) => {
    drawn.data[i] = i % 4 === 3 ? 255 : 128 + GAIN * (other.levels[i] - base.levels[i]);
  });
  pen.putImageData(drawn, 0, 0);
  return { node };
}

// Mean and largest change of the three channels inside a square, in grey levels.
function changeIn(base, other, { left, top, side }) {
  const { width } = base.node;
  const sums = [0, 0, 0];
  let largest = 0;
  for (let y = top; y < top + side; y += 1) {
    for (let x = left; x < left + side; x += 1) {
      for (let channel = 0; channel < 3; channel += 1) {
        const i = 4 * (y * width + x) + channel;
        const change = Math.abs(other.levels[i] - base.levels[i]);
        sums[channel] += change;
        largest = Math.max(largest, change);
      }
    }
  }
  return { means: sums.map((sum) => sum / (side * side)), largest };
}

function changeText(name, { means, largest }) {
  const [red, green, blue] = means.map((mean) => mean.toFixed(1));
  const parts = `red ${red}, green ${green}, blue ${blue}`;
  return `In the loupe, ${name} differs by up to ${largest} grey levels; mean: ${parts}.`;
}

// A button that calls onHold(true) while mouse, finger, Space or Enter hold it, and onHold(false) after.
function holdButton(text, onHold) {
  const node = button(text, () => {});
  const isKey = (event) => [" ", "Enter"].includes(event.key);
  node.addEventListener("pointerdown", (event) => {
    node.setPointerCapture(event.pointerId);
    onHold(true);
  });
  ["pointerup", "pointercancel", "blur"].forEach((name) => node.addEventListener(name, () => onHold(false)));
  // A long touch would open a menu.
  node.addEventListener("contextmenu", (event) => event.preventDefault());
  node.addEventListener("keydown", (event) => isKey(event) && onHold(true));
  node.addEventListener("keyup", (event) => isKey(event) && onHold(false));
  return node;
}

// The picture with the frame of the loupe on it; onMove([x, y]) hears where the middle of the frame is put, in pixels
// of the picture.
function wholePart(names, size, onMove) {
  const [wide, high] = size;
  const node = canvas(`Pictures of one size in one place: ${names.join(", ")}`, HIGHEST);
  Object.assign(node.style, { height: "auto", aspectRatio: `${wide} / ${high}` });
  const caption = html("p", { className: "ai-note" });
  const area = stage(node);
  area.style.maxWidth = `${Math.round((HIGHEST * wide) / Math.max(wide, high))}px`;
  const toPixels = ([x, y]) => onMove([(x / node.clientWidth) * wide, (y / node.clientHeight) * high]);
  const grip = handle(area, { label: "loupe", onMove: toPixels });
  node.addEventListener("pointerdown", (event) => {
    toPixels(placeIn(area, event));
    grip.node.focus();
    event.preventDefault();
  });
  function draw(source, name, { left, top, side }) {
    const { pen, width, height } = startDrawing(node);
    pen.drawImage(source, 0, 0, width, height);
    const scale = width / wide;
    const frame = [left * scale, top * scale, side * scale, side * scale];
    // Two lines, so that the frame shows on dark and on light pictures.
    [
      ["black", 4],
      ["white", 2],
    ].forEach(([colour, width]) => {
      Object.assign(pen, { strokeStyle: colour, lineWidth: width });
      pen.strokeRect(...frame);
    });
    const middle = [left + side / 2, top + side / 2];
    grip.set(
      middle.map((place) => place * scale),
      `${side} pixels wide, middle ${Math.floor(middle[0])} from the left and ${Math.floor(middle[1])} from the top`,
    );
    caption.textContent = `You see: ${name}`;
  }
  return { node: html("div", {}, area, caption), draw };
}

// One enlarged part with its name.
function loupePart(name) {
  const node = canvas(`${name}, enlarged`, 0);
  Object.assign(node.style, { height: "auto", aspectRatio: "1" });
  function draw({ node: source }, { left, top, side }) {
    const { pen, width, height } = startDrawing(node);
    pen.imageSmoothingEnabled = false;
    pen.drawImage(source, left, top, side, side, 0, 0, width, height);
  }
  return { node: html("figure", {}, node, html("figcaption", {}, name)), draw };
}

function render({ model, el }) {
  const get = (name) => model.get(name);
  const put = (values) => {
    Object.entries(values).forEach(([name, value]) => model.set(name, value));
    model.save_changes();
  };
  // names: of the pictures, then of their differences from the first.
  const { names, pictures, size } = get("_all");
  const [wide, high] = size;

  let isHeld = false;
  let timer = 0;
  let isOther = false;
  // While it blinks, the first picture takes turns with the chosen one, or with the second where the first is chosen.
  const visible = () => {
    const chosen = names.indexOf(get("shown"));
    if (!isHeld && !isOther) return chosen;
    return chosen ? 0 : 1;
  };
  const square = () => {
    const side = Math.min(get("side"), wide, high);
    const within = (middle, length) => Math.round(Math.min(Math.max(middle - side / 2, 0), length - side));
    return { left: within(get("x"), wide), top: within(get("y"), high), side };
  };

  const whole = wholePart(names, size, ([x, y]) => put({ x: Math.round(x), y: Math.round(y) }));
  const loupes = names.map(loupePart);
  const shownChoice = choice("picture", (name) => put({ shown: name }));
  const sideChoice = choice("loupe", (side) => put({ side: Number(side) }));
  const hold = holdButton("Hold to blink", (held) => {
    isHeld = held;
    drawWhole();
  });
  const itself = button("Blink by itself", () => {
    clearInterval(timer);
    const starts = itself.getAttribute("aria-pressed") !== "true";
    itself.setAttribute("aria-pressed", starts);
    isOther = false;
    if (starts) timer = setInterval(turn, BLINK_MS);
    drawWhole();
  });
  itself.setAttribute("aria-pressed", false);
  function turn() {
    isOther = !isOther;
    drawWhole();
  }

  const said = html("p", { className: "ai-finding" });
  said.setAttribute("aria-live", "polite");
  const problem = html("p", { className: "ai-problem", role: "alert" });
  const blinks = html("div", { className: "ai-control" }, hold, itself);
  const root = html(
    "div",
    { className: `ai-explorer ai-blink${pictures.length > 2 ? " ai-many" : ""}` },
    html("div", { className: "ai-bar" }, shownChoice.node, sideChoice.node, blinks),
    problem,
    html(
      "div",
      { className: "ai-view" },
      whole.node,
      html("div", {}, html("div", { className: "ai-loupes" }, ...loupes.map((part) => part.node)), said),
    ),
  );

  let sources = [];
  function drawWhole() {
    if (sources.length) whole.draw(sources[visible()].node, names[visible()], square());
  }
  function draw() {
    shownChoice.set(
      get("shown"),
      names.map((name) => [name, name]),
    );
    const sides = [...new Set([16, 32, 64, get("side")])].sort((one, other) => one - other);
    sideChoice.set(
      get("side"),
      sides.map((side) => [side, `${side} px`]),
    );
    problem.textContent = get("_error");
    if (!sources.length) return;
    drawWhole();
    loupes.forEach((part, i) => part.draw(sources[i], square()));
    const [first, ...others] = sources.slice(0, pictures.length);
    said.textContent = others.map((other, i) => changeText(names[i + 1], changeIn(first, other, square()))).join(" ");
  }

  const images = pictures.map((src) => html("img", { src }));
  Promise.all(images.map((image) => image.decode())).then(() => {
    const [first, ...others] = images.map(pixelsOf);
    sources = [first, ...others, ...others.map((other) => differenceOf(first, other))];
    draw();
  });
  const end = mount({ model, el, root, problem, watched: ["shown", "side", "x", "y", "_error"], draw });
  return () => {
    clearInterval(timer);
    end();
  };
}

export default { render };
