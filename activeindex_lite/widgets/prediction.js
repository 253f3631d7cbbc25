// A prediction: choices, a number or a curve to draw, a button that commits to it, and, once it is measured, the truth.

const TRUTH = "#009E73";
const MINE = "#888888";
// The drawing of a curve: the same numbers as in prediction.py.
const SHEET = { width: 460, height: 240, left: 46, right: 12, top: 12, bottom: 40 };

function vector(tag, properties = {}, ...children) {
  const node = document.createElementNS("http://www.w3.org/2000/svg", tag);
  Object.entries(properties).forEach(([name, value]) => node.setAttribute(name, value));
  node.append(...children);
  return node;
}

const brief = (value) => String(Number(value.toPrecision(3)));

// ---- the three kinds --------------------------------------------------------------------------------------------
// Each has a node, read(), which is null until something is chosen, write(value) and lock(yes).

function choicePart({ options }, group, changed) {
  const inputs = options.map((value) => html("input", { type: "radio", name: group, value }));
  const labels = inputs.map((input, i) => html("label", {}, input, html("span", {}, options[i])));
  inputs.forEach((input) => input.addEventListener("change", changed));
  return {
    node: html("div", {}, ...labels),
    read: () => inputs.find((input) => input.checked)?.value ?? null,
    write: (value) => inputs.forEach((input) => (input.checked = input.value === value)),
    lock: (yes) => inputs.forEach((input) => (input.disabled = yes)),
  };
}

function numberPart({ unit, low, high }, question, changed) {
  const number = html("input", { type: "number", step: "any", inputMode: "decimal", ariaLabel: question });
  const parts = [number, html("span", {}, unit)];
  let range = null;
  if (low !== null && high !== null) {
    const step = (high - low) / 100;
    range = html("input", { type: "range", min: low, max: high, step, ariaLabel: `${question} (slider)` });
    range.value = (low + high) / 2;
    range.addEventListener("input", () => {
      number.value = brief(Number(range.value));
      changed();
    });
    [number.min, number.max] = [low, high];
    parts.unshift(range);
  }
  number.addEventListener("input", () => {
    if (range && number.value !== "") range.value = number.value;
    changed();
  });
  const inputs = range ? [number, range] : [number];
  return {
    node: html("div", { className: "ai-predict-number" }, ...parts),
    read: () => (number.value === "" || !Number.isFinite(Number(number.value)) ? null : Number(number.value)),
    write: (value) => inputs.forEach((input) => (input.value = value)),
    lock: (yes) => inputs.forEach((input) => (input.disabled = yes)),
  };
}

function curvePart(form, question, changed) {
  const { at, low, high, up, across } = form;
  const { width, height, left, right, top, bottom } = SHEET;
  const x = (i) => left + (i * (width - left - right)) / Math.max(at.length - 1, 1);
  const y = (value) => height - bottom - ((value - low) / (high - low)) * (height - bottom - top);
  const inRange = (value) => Math.min(high, Math.max(low, value));
  const values = at.map(() => (low + high) / 2);
  let isDrawn = false;
  let isLocked = false;

  const line = vector("polyline", { fill: "none", stroke: MINE, "stroke-width": 2, "stroke-dasharray": "6 4" });
  const truthLine = vector("polyline", { fill: "none", stroke: TRUTH, "stroke-width": 2 });
  const marks = at.map((name, i) => {
    const role = { role: "slider", tabindex: 0, "aria-label": `${up} at ${across} ${name}` };
    const limits = { "aria-valuemin": low, "aria-valuemax": high };
    const look = { cx: x(i), r: 7, fill: "var(--jp-layout-color0, #fff)", stroke: MINE, "stroke-width": 2 };
    return vector("circle", { ...role, ...limits, ...look });
  });
  const sheet = vector("svg", { viewBox: `0 0 ${width} ${height}`, role: "group", "aria-label": question });
  const write = (px, py, words, anchor) =>
    sheet.append(vector("text", { x: px, y: py, "text-anchor": anchor, fill: "currentColor" }, words));
  [0, 0.5, 1].forEach((part) => {
    const value = low + part * (high - low);
    sheet.append(vector("path", { d: `M${left} ${y(value)}H${width - right}`, stroke: "currentColor", opacity: 0.25 }));
    write(left - 8, y(value) + 4, brief(value), "end");
  });
  at.forEach((name, i) => write(x(i), height - bottom + 16, name, "middle"));
  write((left + width - right) / 2, height - 5, `${up} against ${across}`, "middle");
  const key = vector("text", { x: left + 8, y: top + 10, fill: "currentColor" });
  sheet.append(line, truthLine, ...marks, key);

  function draw() {
    line.setAttribute("points", values.map((value, i) => `${x(i)},${y(value)}`).join(" "));
    marks.forEach((mark, i) => {
      mark.setAttribute("cy", y(values[i]));
      mark.setAttribute("aria-valuenow", brief(values[i]));
    });
  }
  function put(i, value) {
    if (isLocked) return;
    values[i] = inRange(value);
    isDrawn = true;
    draw();
    changed();
  }
  // One stroke draws the whole curve: each move sets the nearest point.
  function follow(event) {
    const box = sheet.getBoundingClientRect();
    const px = ((event.clientX - box.left) * width) / box.width;
    const py = ((event.clientY - box.top) * height) / box.height;
    const i = Math.round(((px - left) * Math.max(at.length - 1, 1)) / (width - left - right));
    const part = (height - bottom - py) / (height - bottom - top);
    put(Math.min(at.length - 1, Math.max(0, i)), low + part * (high - low));
  }
  sheet.addEventListener("pointerdown", (event) => {
    sheet.setPointerCapture(event.pointerId);
    follow(event);
  });
  sheet.addEventListener("pointermove", (event) => event.buttons && follow(event));
  marks.forEach((mark, i) =>
    mark.addEventListener("keydown", (event) => {
      const { key } = event;
      const step = (high - low) / 20;
      const moves = { ArrowUp: step, ArrowRight: step, ArrowDown: -step, ArrowLeft: -step };
      const ends = { Home: low, End: high };
      if (key in moves || key in ends) event.preventDefault();
      if (key in moves) put(i, values[i] + moves[key]);
      else if (key in ends) put(i, ends[key]);
    }),
  );
  draw();
  return {
    node: sheet,
    read: () => (isDrawn ? [...values] : null),
    write(given) {
      given.forEach((value, i) => (values[i] = inRange(value)));
      isDrawn = true;
      draw();
    },
    lock(yes) {
      isLocked = yes;
      marks.forEach((mark) => mark.setAttribute("aria-disabled", yes));
    },
    showTruth(truth) {
      truthLine.setAttribute("points", truth.map((value, i) => `${x(i)},${y(inRange(value))}`).join(" "));
      key.textContent = "— measured   ○ - - your prediction";
    },
  };
}

// ---- the widget --------------------------------------------------------------------------------------------------

const PARTS = {
  choice: (form, question, changed) => choicePart(form, `ai-${Math.random()}`, changed),
  number: numberPart,
  curve: curvePart,
};
const WHAT_TO_DO = {
  choice: "Choose an answer, then commit to it.",
  number: "Give a number, then commit to it.",
  curve: "Draw the curve with the mouse, or move its points with the arrow keys; then commit to it.",
};

// Unfold the next folded "Explain" below this cell, where the page has one; another prediction ends the search.
function unfoldExplanation(el) {
  let cell = el.closest(".jp-Cell")?.nextElementSibling;
  for (; cell && !cell.querySelector(".ai-predict"); cell = cell.nextElementSibling) {
    const summaries = [...cell.querySelectorAll(".jp-RenderedMarkdown details > summary")];
    const explain = summaries.find((summary) => summary.textContent.trim() === "Explain");
    if (explain) {
      explain.parentElement.open = true;
      return;
    }
  }
}

// In JupyterLab, a bold word or code that the glossary explains shows its line where the mouse rests on it.
function explainTerms(el, terms) {
  const notebook = el.closest(".jp-Notebook");
  if (!notebook || notebook.dataset.aiTerms) return;
  notebook.dataset.aiTerms = "yes";
  notebook.addEventListener("mouseover", ({ target }) => {
    const word = target.closest(".jp-RenderedMarkdown :is(strong, code)");
    if (!word || word.title) return;
    const text = word.textContent.trim();
    const spellings = [text, text.toLowerCase(), text.toLowerCase().replace(/s$/, "")];
    const known = spellings.find((spelling) => Object.hasOwn(terms, spelling));
    if (known) word.title = terms[known];
  });
}

function render({ model, el }) {
  const kind = model.get("kind");
  const question = model.get("question");
  const part = PARTS[kind](model.get("form"), question, update);
  const commit = html("button", { type: "button" }, "Commit");
  const change = html("button", { type: "button", className: "ai-quiet" }, "Change");
  const words = html("p");
  words.setAttribute("aria-live", "polite");
  const node = part.node;
  const fields = html("fieldset", {}, html("legend", {}, question), node);
  const root = html(
    "div",
    { className: "ai-predict" },
    fields,
    html("div", { className: "ai-predict-row" }, commit, change, words),
  );
  let isOpen = model.get("value") === null;

  function put(value) {
    model.set("value", value);
    model.save_changes();
  }
  function update() {
    const truth = model.get("truth");
    const value = model.get("value");
    const isMade = value !== null && !isOpen;
    part.lock(isMade);
    commit.hidden = isMade;
    commit.disabled = part.read() === null;
    // Whoever has seen the truth cannot change the prediction.
    change.hidden = !isMade || truth !== null;
    const { text, sign } = model.get("_verdict");
    if (isMade && truth !== null) words.textContent = `${sign} ${text}`;
    else if (isMade) words.textContent = "✓ Committed. Run the cells below to see the truth.";
    else words.textContent = WHAT_TO_DO[kind];
    if (isMade && truth !== null) part.showTruth?.(truth);
  }
  function take() {
    const value = model.get("value");
    isOpen = value === null;
    if (value !== null) part.write(value);
    update();
  }
  function learn() {
    update();
    unfoldExplanation(el);
  }
  commit.addEventListener("click", () => {
    isOpen = false;
    put(part.read());
    update();
  });
  change.addEventListener("click", () => {
    isOpen = true;
    update();
  });
  root.addEventListener("keydown", keepKey);
  const watched = { "change:value": take, "change:truth": learn, "change:_verdict": update };
  Object.entries(watched).forEach(([name, listener]) => model.on(name, listener));
  take();
  el.append(root);
  // The cell joins the notebook after this.
  requestAnimationFrame(() => explainTerms(el, model.get("terms") ?? {}));
  return () => Object.entries(watched).forEach(([name, listener]) => model.off(name, listener));
}

export default { render };
