// What the explorers share: elements, controls with labels, and how an explorer is mounted in its page.
// Python joins this file, drawing.js and the explorer's own files into one module (see module.py).

const BLUE = "#0072B2";
const ORANGE = "#D55E00";
const GREEN = "#009E73";
const GREY = "#888888";

// An element with its properties (or attributes, where the element has no such property) and its children.
function html(tag, properties = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in node) node[name] = value;
    else node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

const cellsText = (count) => (count === 1 ? "1 cell" : `${count} cells`);
// Thousands with a comma, whatever the language of the browser.
const grouped = (count) => count.toLocaleString("en");

// The position of the value nearest to the wanted one; the first of them if several are equally near.
function nearestPosition(values, wanted) {
  let best = 0;
  values.forEach((value, position) => {
    if (Math.abs(value - wanted) < Math.abs(values[best] - wanted)) best = position;
  });
  return best;
}

// ---- controls ----------------------------------------------------------------------------------------------------

// What a control sets, in the words of a tooltip.
const HINTS = {
  alpha: "How far pixels may move, on the paper's scale; 0 leaves the picture as it is",
  steps: "Steps of the optimiser that changes the picture",
  nprobe: "How many cells a search visits, the nearest first",
  index: "How the stored features are arranged and compressed",
  query: "The edited picture that is searched for",
  edit: "What happens to the released picture before it is searched for",
  references: "How many pictures the index stores",
  strength: "How strong the edit is, from gentle to hard",
};

// The name of a control, with its tooltip.
const controlName = (label) => html("span", { title: HINTS[label] ?? "" }, label);

// A slider over a list of values; show(value) is the text beside it, and onMove(value) hears of each move.
// set(present, values) moves the thumb to the position nearest to `present`, which need not be one of the values.
function slider(label, firstValues, show, onMove) {
  let values = firstValues;
  const output = html("output", { className: "ai-value" });
  const input = html("input", { type: "range", min: 0, step: 1 });
  const node = html("label", { className: "ai-control" }, controlName(label), input, output);
  input.addEventListener("input", () => onMove(values[Number(input.value)]));
  function set(present, newValues = values) {
    values = newValues;
    input.max = values.length - 1;
    const position = nearestPosition(values, present);
    if (Number(input.value) !== position) input.value = position;
    output.textContent = show(present);
    input.setAttribute("aria-valuetext", show(present));
  }
  return { node, input, set };
}

// A drop-down list; set(present, options) takes options as [[value, text], ...].
function select(label, onChange) {
  const input = html("select");
  const node = html("label", { className: "ai-control" }, controlName(label), input);
  input.addEventListener("change", () => onChange(input.value));
  let listed = "";
  function set(present, options) {
    // A list that is replaced while it is open would close, so it is replaced only where it differs.
    if (listed !== String(options)) {
      listed = String(options);
      input.replaceChildren(...options.map(([value, text]) => html("option", { value }, text)));
    }
    input.value = present;
  }
  return { node, input, set };
}

// A picture with its caption below; `image` and `text` are its two elements.
function captionedPicture(caption) {
  const image = html("img", { alt: caption });
  const text = html("figcaption", {}, caption);
  return { node: html("figure", {}, image, text), image, text };
}

// A part of the page under a heading of its own.
function section(heading, ...children) {
  return html("section", {}, html("h2", {}, heading), ...children);
}

// ---- the widget --------------------------------------------------------------------------------------------------

// Put `root` into the page and call draw() whenever a watched trait changes; an error of draw() shows in `problem`.
// Returns the function that ends this.
function mount({ model, el, root, problem, watched, draw }) {
  // JupyterLab's command mode would take arrow keys and letters for commands; saving stays the notebook's.
  root.addEventListener("keydown", (event) => {
    const saves = (event.ctrlKey || event.metaKey) && event.key === "s";
    if (!saves) event.stopPropagation();
  });
  el.append(root);
  function drawSafely() {
    try {
      draw();
    } catch (error) {
      problem.textContent = `The drawing failed: ${error.message}`;
    }
  }
  // Several traits may arrive in one message: draw once for all of them.
  let request = 0;
  function drawSoon() {
    cancelAnimationFrame(request);
    request = requestAnimationFrame(drawSafely);
  }
  watched.forEach((name) => model.on(`change:${name}`, drawSoon));
  const observer = new ResizeObserver(drawSoon);
  observer.observe(root);
  return () => {
    observer.disconnect();
    cancelAnimationFrame(request);
    watched.forEach((name) => model.off(`change:${name}`, drawSoon));
  };
}
