// What the explorers share: controls with labels, a canvas with a pen, a chart, and the mounting of a widget.
// Python puts this file before each explorer's own: together they are one module.

const BLUE = "#0072B2", ORANGE = "#D55E00", GREEN = "#009E73", GREY = "#888888";

const html = (tag, properties = {}, ...children) => {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in node && name !== "list") node[name] = value;
    else node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
};

const number = (x, digits) => (x === null ? "∞" : x.toFixed(digits));

// ---- controls ----------------------------------------------------------------------------------------------------

function slider(label, positions, show, onMove) {
  const value = html("output", { className: "ai-value" });
  const input = html("input", { type: "range", min: 0, step: 1 });
  const node = html("label", { className: "ai-control" }, html("span", {}, label), input, value);
  let values = positions;
  input.addEventListener("input", () => onMove(values[Number(input.value)]));
  return {
    node, input,
    set(present, now = values) {
      values = now;
      input.max = values.length - 1;
      const at = values.reduce((best, v, i) => (Math.abs(v - present) < Math.abs(values[best] - present) ? i : best), 0);
      if (Number(input.value) !== at) input.value = at;
      value.textContent = show(present);
      input.setAttribute("aria-valuetext", show(present));
    },
  };
}

function select(label, onChange) {
  const input = html("select");
  input.addEventListener("change", () => onChange(input.value));
  let names = "";
  return {
    node: html("label", { className: "ai-control" }, html("span", {}, label), input),
    set(present, options) {
      if (names !== String(options)) {
        names = String(options);
        input.replaceChildren(...options.map(([value, text]) => html("option", { value }, text)));
      }
      input.value = present;
    },
  };
}

// ---- drawing -----------------------------------------------------------------------------------------------------

function canvas(label, height) {
  const node = html("canvas", { className: "ai-canvas" });
  node.setAttribute("role", "img");
  node.setAttribute("aria-label", label);
  node.style.height = `${height}px`;
  return node;
}

// A context in CSS pixels, cleared, with the theme's ink.
function begin(node) {
  const width = node.clientWidth || 420, height = node.clientHeight || 260, ratio = window.devicePixelRatio || 1;
  if (node.width !== Math.round(width * ratio) || node.height !== Math.round(height * ratio)) {
    node.width = Math.round(width * ratio);
    node.height = Math.round(height * ratio);
  }
  const pen = node.getContext("2d");
  pen.setTransform(ratio, 0, 0, ratio, 0, 0);
  pen.clearRect(0, 0, width, height);
  const ink = getComputedStyle(node).color;
  pen.font = "12px system-ui, sans-serif";
  pen.fillStyle = pen.strokeStyle = ink;
  pen.lineWidth = 1;
  return { pen, width, height, ink };
}

function mark(pen, shape, x, y, r, colour, filled) {
  pen.save();
  pen.beginPath();
  if (shape === "circle") pen.arc(x, y, r, 0, 7);
  else if (shape === "diamond") [[0, -1.3], [1.3, 0], [0, 1.3], [-1.3, 0]].forEach(([a, b], i) => (i ? pen.lineTo : pen.moveTo).call(pen, x + a * r, y + b * r));
  else for (let i = 0; i < 10; i++) {
    const s = i % 2 ? 0.5 * r : 1.3 * r, t = (i * Math.PI) / 5 - Math.PI / 2;
    (i ? pen.lineTo : pen.moveTo).call(pen, x + s * Math.cos(t), y + s * Math.sin(t));
  }
  pen.closePath();
  pen.fillStyle = filled ? colour : "white";
  pen.strokeStyle = colour;
  pen.lineWidth = 2;
  pen.fill();
  pen.stroke();
  pen.restore();
}

function write(pen, text, x, y, { align = "left", colour, bold, halo } = {}) {
  pen.save();
  if (colour) pen.fillStyle = colour;
  pen.font = `${bold ? "600 " : ""}12px system-ui, sans-serif`;
  pen.textAlign = align;
  if (halo) {
    pen.strokeStyle = halo;
    pen.lineWidth = 4;
    pen.lineJoin = "round";
    pen.strokeText(text, x, y);
  }
  pen.fillText(text, x, y);
  pen.restore();
}

// One chart: curves of [x, y, low, high] on a log2 or linear axis from 0 to most, and a marker at the present x.
function drawCurves(node, { curves, log, ticks, label, present, level, most = 1, show = (v) => v.toFixed(2).replace(/\.?0$/, "") }) {
  const { pen, width, height, ink } = begin(node);
  const [l, r, t, b] = [38, 12, 12, 50], xs = curves.flatMap((c) => c.rows.map((row) => row[0]));
  if (!xs.length) return;
  const f = log ? Math.log2 : (v) => v, x1 = f(Math.max(...xs)), x0 = f(Math.min(...xs));
  const x = (v) => l + ((f(v) - x0) / (x1 - x0 || 1)) * (width - l - r), y = (v) => t + (1 - v / most) * (height - t - b);
  for (const v of [0, 0.25, 0.5, 0.75, 1].map((part) => part * most)) {
    pen.globalAlpha = 0.2; pen.beginPath(); pen.moveTo(l, y(v)); pen.lineTo(width - r, y(v)); pen.stroke(); pen.globalAlpha = 1;
    write(pen, show(v), l - 8, y(v) + 4, { align: "right" });
  }
  ticks.forEach(([v, text, below]) => {
    write(pen, text, x(v), height - b + 15, { align: "center" });
    if (below) write(pen, below, x(v), height - b + 29, { align: "center" });
  });
  write(pen, label, (l + width - r) / 2, height - 4, { align: "center" });
  if (level !== undefined) {
    pen.strokeStyle = ORANGE; pen.setLineDash([5, 4]); pen.beginPath(); pen.moveTo(l, y(level.at)); pen.lineTo(width - r, y(level.at)); pen.stroke();
    pen.setLineDash([]);
    write(pen, level.text, width - r - 4, y(0.06 * most), { align: "right", colour: ORANGE });
  }
  pen.strokeStyle = ink; pen.globalAlpha = 0.5; pen.lineWidth = 1.5;
  pen.beginPath(); pen.moveTo(x(present), t); pen.lineTo(x(present), height - b); pen.stroke(); pen.globalAlpha = 1;
  for (const { rows, colour, shape } of curves) {
    pen.strokeStyle = colour; pen.lineWidth = 2;
    pen.beginPath(); rows.forEach((row, i) => (i ? pen.lineTo : pen.moveTo).call(pen, x(row[0]), y(row[1]))); pen.stroke();
    for (const [v, value, low = value, high = value] of rows) {
      pen.strokeStyle = colour; pen.lineWidth = 1;
      pen.beginPath(); pen.moveTo(x(v), y(low)); pen.lineTo(x(v), y(high)); pen.stroke();
      mark(pen, shape, x(v), y(value), v === present ? 5 : 3, colour, shape === "diamond");
    }
  }
}

// ---- the widget --------------------------------------------------------------------------------------------------

// Puts root into the page and calls draw whenever a watched trait changes; an error shows in problem. Returns the cleaning up.
function mount({ model, el, root, problem, watched, draw }) {
  // JupyterLab's command mode would take the arrow keys.
  root.addEventListener("keydown", (event) => event.stopPropagation());
  el.append(root);
  const safely = () => {
    try {
      draw();
    } catch (error) {
      problem.textContent = `The drawing failed: ${error.message}`;
    }
  };
  // Several traits may arrive in one message: draw once for all of them.
  let asked = 0;
  const soon = () => { cancelAnimationFrame(asked); asked = requestAnimationFrame(safely); };
  watched.forEach((name) => model.on(`change:${name}`, soon));
  const resized = new ResizeObserver(soon);
  resized.observe(root);
  return () => {
    resized.disconnect();
    cancelAnimationFrame(asked);
    watched.forEach((name) => model.off(`change:${name}`, soon));
  };
}
