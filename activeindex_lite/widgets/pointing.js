// Pointing at a drawing: a stage round a canvas, points that mouse and arrow keys drag, marks to hover, click and
// step through, and the small text that says what is pointed at. All places are CSS pixels from the stage's upper
// left corner.

// The box of a canvas, which handles and tips are placed in.
function stage(canvasNode) {
  return html("div", { className: "ai-stage" }, canvasNode);
}

// A small text beside a place of the stage: show([x, y], text), hide().
function tip(stageNode) {
  const node = html("div", { className: "ai-tip", hidden: true });
  node.setAttribute("aria-hidden", "true");
  stageNode.append(node);
  function show([x, y], text) {
    node.textContent = text;
    node.hidden = false;
    const left = Math.min(Math.max(0, x + 12), Math.max(0, stageNode.clientWidth - node.offsetWidth));
    const above = y - node.offsetHeight - 12;
    node.style.left = `${left}px`;
    node.style.top = `${above < 0 ? y + 16 : above}px`;
  }
  return { show, hide: () => Object.assign(node, { hidden: true }) };
}

const placeIn = (stageNode, event) => {
  const box = stageNode.getBoundingClientRect();
  return [event.clientX - box.left, event.clientY - box.top];
};
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

// A point of the stage that the mouse, a finger or the arrow keys drag (Shift: ten times as far). The mark itself is
// drawn on the canvas; this is its focusable, transparent target. onMove([x, y]) hears of each move, inside the stage;
// set([x, y], text) puts it there, text being what it is and where, for those who cannot see it.
function handle(stageNode, { label, onMove, step = 4 }) {
  const node = html("button", { type: "button", className: "ai-handle" });
  node.setAttribute("aria-roledescription", "point that can be dragged, also with the arrow keys");
  stageNode.append(node);
  let at = [0, 0];
  const moveTo = ([x, y]) =>
    onMove([Math.min(Math.max(x, 0), stageNode.clientWidth), Math.min(Math.max(y, 0), stageNode.clientHeight)]);
  node.addEventListener("pointerdown", (event) => {
    node.setPointerCapture(event.pointerId);
    node.focus();
    event.preventDefault();
  });
  node.addEventListener("pointermove", (event) => {
    if (node.hasPointerCapture(event.pointerId)) moveTo(placeIn(stageNode, event));
  });
  node.addEventListener("keydown", (event) => {
    const arrow = ARROWS[event.key];
    if (!arrow) return;
    event.preventDefault();
    const far = step * (event.shiftKey ? 10 : 1);
    moveTo(at.map((place, axis) => place + far * arrow[axis]));
  });
  function set(place, text = "") {
    at = place;
    node.style.left = `${place[0]}px`;
    node.style.top = `${place[1]}px`;
    node.setAttribute("aria-label", text ? `${label}: ${text}` : label);
  }
  return { node, set };
}

// Marks of a canvas that can be hovered, clicked, and stepped through with the arrow keys (Enter picks). count(): how
// many there are; find([x, y]): the number of the mark there, or -1; place(i): where mark i is; text(i): what it is;
// onPick(i). label: what the marks are. The canvas becomes one control of that name.
function pickable(stageNode, { label, count, find, place, text, onPick }) {
  const node = html("div", { className: "ai-picks", tabIndex: 0, role: "slider" });
  node.setAttribute("aria-label", label);
  stageNode.append(node);
  const said = tip(stageNode);
  let present = 0;
  function point(i) {
    present = i;
    node.setAttribute("aria-valuemin", 0);
    node.setAttribute("aria-valuemax", Math.max(count() - 1, 0));
    node.setAttribute("aria-valuenow", i);
    node.setAttribute("aria-valuetext", count() ? text(i) : "nothing");
    if (count()) said.show(place(i), text(i));
  }
  point(0);
  said.hide();
  node.addEventListener("pointermove", (event) => {
    const i = find(placeIn(stageNode, event));
    node.style.cursor = i < 0 ? "default" : "pointer";
    if (i < 0) said.hide();
    else point(i);
  });
  node.addEventListener("pointerleave", said.hide);
  node.addEventListener("blur", said.hide);
  node.addEventListener("focus", () => node.matches(":focus-visible") && point(Math.min(present, count() - 1)));
  node.addEventListener("click", (event) => {
    const i = find(placeIn(stageNode, event));
    if (i >= 0) onPick(i);
  });
  node.addEventListener("keydown", (event) => {
    const last = count() - 1;
    if (last < 0) return;
    const goals = { ArrowRight: present + 1, ArrowUp: present + 1, ArrowLeft: present - 1, ArrowDown: present - 1 };
    const goal = { ...goals, Home: 0, End: last }[event.key];
    if (goal !== undefined) point(Math.min(Math.max(goal, 0), last));
    else if (event.key === "Enter" || event.key === " ") onPick(present);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  return { node };
}
