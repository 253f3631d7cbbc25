// What the explorers share: elements, controls with labels, and how an explorer is mounted in its page. Python joins
// this file, drawing.js, charts.js, pointing.js and the explorer's own files into one module (see module.py).
//
// An explorer exports { render({ model, el }) }, which builds its controls once and returns mount({ model, el, root,
// problem, watched, draw }). root: html("div", { className: "ai-explorer" }, ...); watched: the traits that draw()
// reads. Controls: slider, select, choice (buttons of which one is pressed), button. Each has node, and set() for its
// present value. drawing.js: canvas, startDrawing, drawMark, drawLabels, legend. charts.js: drawCurves. pointing.js:
// stage, handle (a point that mouse and arrow keys drag), pickable (marks to hover, click and step through), tip.
// chooser.js, which an explorer names itself: pictureChooser (a file, a drop or a paste, shrunk in the browser).
// Layout: explorer.css has ai-bar (controls, sticky), ai-view (parts side by side where there is room), ai-two,
// ai-note, ai-finding. Widths are those of the explorer (@container), never of the window.

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

// The settings of a search as faiss's users write them.
const EFFORT_NAMES = { nprobe: "nprobe", ef_search: "efSearch" };

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

// A button that calls onClick.
function button(text, onClick) {
  const node = html("button", { type: "button", className: "ai-button" }, text);
  node.addEventListener("click", onClick);
  return node;
}

// A few values as buttons side by side, of which one is pressed; set(present, options) as for `select`.
function choice(label, onChange) {
  const buttons = html("span", { className: "ai-choices" });
  const node = html(
    "div",
    { className: "ai-control", role: "group", "aria-label": label },
    controlName(label),
    buttons,
  );
  let listed = "";
  function set(present, options) {
    if (listed !== String(options)) {
      listed = String(options);
      buttons.replaceChildren(...options.map(([value, text]) => choiceButton(value, text, onChange)));
    }
    for (const each of buttons.children) each.setAttribute("aria-pressed", each.value === String(present));
  }
  return { node, set };
}

function choiceButton(value, text, onChange) {
  const node = button(text, () => onChange(value));
  node.value = value;
  return node;
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

// Put `root` into the page and call draw() whenever a watched trait, the size of the explorer or of one of its
// canvases, or the theme changes. draw(anew): anew is true where every canvas has to be drawn again although no trait
// changed. An error of draw() shows in `problem`. Returns the function that ends this.
function mount({ model, el, root, problem, watched, draw }) {
  Object.entries(PALETTE).forEach(([name, colour]) => root.style.setProperty(`--ai-${name}`, colour));
  root.addEventListener("keydown", keepKey);
  el.append(root);
  let request = 0;
  let anew = true;
  function drawSafely() {
    const all = anew;
    anew = false;
    try {
      draw(all);
    } catch (error) {
      problem.textContent = `The drawing failed: ${error.message}`;
    }
  }
  // Several traits may arrive in one message: draw once for all of them.
  function drawSoon() {
    cancelAnimationFrame(request);
    request = requestAnimationFrame(drawSafely);
  }
  function drawAnew() {
    anew = true;
    drawSoon();
  }
  watched.forEach((name) => model.on(`change:${name}`, drawSoon));
  const endWatching = watchPage(root, drawAnew);
  return () => {
    endWatching();
    cancelAnimationFrame(request);
    watched.forEach((name) => model.off(`change:${name}`, drawSoon));
  };
}

const THEME_ATTRIBUTES = ["class", "style", "data-theme", "data-jp-theme-name", "data-jp-theme-light"];

// Call changed() when the size of the explorer or of a canvas changes, or the colours of the page.
function watchPage(root, changed) {
  const sizes = new ResizeObserver(changed);
  [root, ...root.querySelectorAll("canvas")].forEach((node) => sizes.observe(node));
  const themes = new MutationObserver(changed);
  const attributeFilter = THEME_ATTRIBUTES;
  [document.documentElement, document.body].forEach((node) => themes.observe(node, { attributeFilter }));
  const scheme = window.matchMedia("(prefers-color-scheme: dark)");
  scheme.addEventListener("change", changed);
  // A theme's style sheet may arrive after its attribute: the colour of the text, which style sheets let change over a
  // moment, then says so.
  const recoloured = (event) => event.propertyName === "color" && event.target === root && changed();
  root.addEventListener("transitionend", recoloured);
  return () => {
    sizes.disconnect();
    themes.disconnect();
    scheme.removeEventListener("change", changed);
  };
}

const MOVING_KEYS = /^(Arrow|Home$|End$|Page)/;
const PRESSED = "button, summary, a[href]";
const TYPED = "select, textarea, input:not([type=range])";

// JupyterLab's command mode takes keys for commands. Those that move a slider stay here; so do those that press a
// focused button, and letters for a focused list or field, since "x" would cut the cell. All others, Ctrl+S too, are
// the notebook's.
function keepKey(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const { key, target, shiftKey } = event;
  const presses = [" ", "Enter"].includes(key) && !shiftKey && target.closest(`${PRESSED}, ${TYPED}`);
  const types = key.length === 1 && target.closest(TYPED);
  if (MOVING_KEYS.test(key) || presses || types) event.stopPropagation();
}
