// The alpha explorer: pictures and controls at the left, the plane with its walk, its copies and its searches beside
// them, the stored curves below. Where results come from: alpha_source.js.

const QUICK_EDITS = ["Identity", "Contrast 2", "Brightness 2", "JPEG 50", "Rotation 25", "Crop 0.5", "Meme", "Random"];
const [FLY_MS, HOLD_MS, STEP_MS] = [800, 900, 300];
// Between two drawings of a walk that is being computed: drawing takes time that the computation lacks.
const DRAW_MS = 80;
const isCalm = () => window.matchMedia("(prefers-reduced-motion: reduce)").matches;

// The controls; put(name, value), or put({ name: value, ... }), hears of each move.
function controlsOf(source, put, onStep, onPlay) {
  const alpha = slider(
    "alpha",
    source.alphas,
    (value) => value.toFixed(2),
    (value) => put("alpha", value),
  );
  const step = slider("step", [0], String, onStep);
  const play = button("▶ play", onPlay);
  play.classList.add("aa-play");
  const steps = slider("steps", source.steps, String, (count) => put("steps", count));
  const nprobe = slider("nprobe", [1], cellsText, (count) => put("nprobe", count));
  const index = select("index", (name) => put("index", name));
  // Each method has a number of steps of its own, which may be changed afterwards.
  const method = select("method", (name) => put({ method: name, steps: source.stepsOf(name) }));
  const edit = choice("edit", (name) => put("edit", name));
  const otherEdit = select("any edit", (name) => put("edit", name));
  const strength = strengthSlider((name) => put("edit", name));
  explainName(alpha, GLOSSARY.alpha);
  explainName(nprobe, GLOSSARY.nprobe);
  explainName(index, GLOSSARY.index);
  return { alpha, step, play, steps, nprobe, index, method, edit, otherEdit, strength };
}

// How strong the present edit is, where its family has strengths: "Rotation 25" becomes "Rotation 40".
function strengthSlider(onEdit) {
  let [family, shown] = ["", "{}"];
  const control = slider(
    "strength",
    [0],
    (value) => shown.replace("{}", value),
    (value) => onEdit(`${family} ${value}`),
  );
  function set(edit, dials) {
    family = edit.split(" ")[0];
    control.node.hidden = !dials[family];
    if (control.node.hidden) return;
    shown = dials[family].shown;
    control.set(Number(edit.split(" ")[1]), dials[family].values);
  }
  return { node: control.node, set };
}

// What moves with the clock: the shown step and how far the arrows have flown. play() tells the whole story, fly() lets
// both arrows fly again, stop() shows the present step.
function player(show) {
  let request = 0;
  const state = { at: null, flown: [1, 1], isPlaying: false };
  function run(duration, frame) {
    cancelAnimationFrame(request);
    const begun = performance.now();
    const next = () => {
      const passed = performance.now() - begun;
      frame(Math.min(passed, duration));
      if (passed < duration) request = requestAnimationFrame(next);
      else Object.assign(state, { isPlaying: false, flown: [1, 1] });
      show();
    };
    next();
  }
  const share = (passed, from, length) => Math.min(Math.max((passed - from) / length, 0), 1);
  // Without motion a step appears after another, and no arrow flies.
  function play(last) {
    const [fly, pace] = isCalm() ? [0, 500] : [FLY_MS, STEP_MS];
    const walkFrom = fly + HOLD_MS;
    state.isPlaying = true;
    // After each step, what the sentence says is also drawn.
    run(walkFrom + pace * last, (passed) => {
      state.at = Math.min(Math.floor(Math.max(passed - walkFrom, 0) / pace), last);
      state.flown = [fly ? share(passed, 0, fly) : 1, 1];
    });
  }
  function fly() {
    if (isCalm()) return;
    run(FLY_MS, (passed) => (state.flown = [share(passed, 0, FLY_MS), share(passed, 0, FLY_MS)]));
  }
  function stop(at = state.at) {
    cancelAnimationFrame(request);
    Object.assign(state, { isPlaying: false, flown: [1, 1], at });
  }
  return { state, play, fly, stop };
}

function render({ model, el }) {
  const get = (name) => model.get(name);
  const put = (name, value) => {
    const moved = typeof name === "string" ? { [name]: value } : name;
    Object.entries({ ...source.beside?.(moved), ...moved }).forEach((pair) => model.set(...pair));
    model.save_changes();
  };
  const source = get("_live")?.worker
    ? liveOrStored(model)
    : get("_stored")
      ? storedSource(model)
      : get("_about").isReadyWorld
        ? kernelOrBrowser(model)
        : kernelSource(model);
  let story = {};
  let [shownEdit, drawnAt] = [undefined, 0];
  let [isFresh, wantsPlay] = [true, false];
  const lastStep = () => story.trail.length - 1;
  const clock = player(redraw);
  const shownStep = () => Math.min(clock.state.at ?? lastStep(), lastStep());
  const controls = controlsOf(
    source,
    put,
    (step) => showStep(step),
    () => (clock.state.isPlaying ? showStep(shownStep()) : clock.play(lastStep())),
  );
  function playAgain() {
    wantsPlay = false;
    clock.play(lastStep());
  }
  function showStep(step) {
    clock.stop(step);
    redraw();
  }

  const problem = html("p", { className: "ai-problem", role: "alert" });
  const pictures = picturesPart();
  const strips = stripsPart();
  const curves = gridPart();
  const finding = html("p", { className: "ai-finding" });
  finding.setAttribute("aria-live", "polite");
  const plane = svg("svg", { class: "aa-plane", role: "img" });
  const marks = legendPart();
  const cost = html("p", { className: "aa-cost" });
  const note = html("p", { className: "ai-note" });
  const effect = html("div", { className: "aa-effect" }, finding, plane);
  const foot = html("div", { className: "aa-foot" }, strips.node, marks.node, note);
  // All settings as they were when the explorer was first seen.
  const first = Object.fromEntries(["alpha", "steps", "method", "nprobe", "index", "edit"].map((n) => [n, get(n)]));
  const isFirst = () => Object.entries(first).every(([name, value]) => name === "nprobe" || get(name) === value);
  const again = button("↺ start over", () => {
    const isMoved = !isFirst();
    wantsPlay = true;
    problem.textContent = "";
    put({ ...first, _error: "" });
    if (!isMoved) playAgain();
  });
  const indexRow = html("div", { className: "aa-index-row" }, controls.index.node, again);
  const playRow = html("div", { className: "aa-play-row" }, controls.play, controls.step.node);
  const more = html(
    "details",
    { className: "aa-more" },
    html("summary", {}, "More: any edit and strength, method, steps, your picture"),
    ...["otherEdit", "strength", "method", "steps"].map((name) => controls[name].node),
  );
  const side = html(
    "div",
    { className: "aa-side" },
    openingPart(),
    section("1 Change the picture before its release", controls.alpha.node, playRow, pictures.node),
    section("2 Somebody edits it", controls.edit.node),
    section("3 Search for the copy", controls.nprobe.node, cost, indexRow),
    ...(source.isLive ? [more] : []),
  );
  const view = html("div", { className: "aa-view" }, effect, side, foot);
  const root = html("div", { className: "ai-explorer ai-alpha" }, problem, view, curves.node);
  if (source.isLive) {
    const onProblem = (text) => (problem.textContent = text);
    const asked = { area: root, longest: 288, onPicture: source.takePicture, onProblem };
    more.append(...(source.place ? [source.place] : []), pictureChooser(asked).node);
  }

  function drawControls(nprobe) {
    const { passive, release } = story;
    const about = get("_about");
    const pairs = (values) => values.map((value) => [value, value]);
    controls.alpha.set(get("alpha"));
    controls.steps.set(get("steps"));
    controls.step.set(shownStep(), upTo(Math.max(release.steps, lastStep()) + 1));
    controls.nprobe.set(nprobe, passive.nprobes);
    controls.nprobe.node.hidden = passive.nprobes.length === 1;
    controls.play.textContent = clock.state.isPlaying ? "❚❚ pause" : "▶ play";
    controls.edit.set(get("edit"), pairs(QUICK_EDITS.filter((name) => source.edits.includes(name))));
    controls.edit.node.querySelectorAll("button").forEach((each) => (each.dataset.tip = about.notes[each.value]));
    const isListed = source.edits.includes(get("edit"));
    controls.otherEdit.set(get("edit"), pairs(isListed ? source.edits : [...source.edits, get("edit")]));
    controls.strength.set(get("edit"), about.dials);
    controls.method.set(get("method"), pairs(source.methods));
    const indexText = ([name, factory]) => [name, name === factory ? name : `${name} (${factory})`];
    controls.index.set(get("index"), Object.entries(about.indexes).map(indexText));
  }

  function draw() {
    problem.textContent = get("_error") || problem.textContent;
    if (!story.trail) return;
    const about = get("_about");
    const at = shownStep();
    // The searches are measured at a few values of nprobe; the largest of them within the setting is shown.
    const nprobe = story.passive.nprobes[positionOf(story.passive, get("nprobe"))];
    drawControls(nprobe);
    pictures.draw(about.original, story, at);
    strips.draw(story, at);
    view.classList.toggle("aa-has-codes", Boolean(story.plane.parts));
    const thumbnails = source.thumbnails;
    const pictureOf = (found, id) => thumbnails?.[id] ?? found.thumbnails?.[id];
    drawPlane(plane, { story, at, flown: clock.state.flown, nprobe, original: about.original, pictureOf });
    finding.setAttribute("aria-live", clock.state.isPlaying || clock.state.flown[0] < 1 ? "off" : "polite");
    setText(finding, findingText(story, at, nprobe, clock.state.flown, source.isLive));
    setText(note, noteText(story, at));
    setText(cost, costText(story, nprobe));
    marks.draw(legendItems(story.plane));
    curves.draw(about, story, nprobe);
  }
  const setText = (node, text) => node.textContent === text || (node.textContent = text);

  function redraw() {
    try {
      draw();
    } catch (error) {
      problem.textContent = `The drawing failed: ${error.message}`;
    }
  }

  function tell(event) {
    story = tellStory(story, event);
    if (event.kind === "begun") return;
    // A new walk is shown as it comes; one that is scrubbed stays where it is while searches arrive.
    if (!["searched", "known", "pictured"].includes(event.kind)) clock.stop(null);
    const edit = story.active?.edit;
    if (event.kind === "finished" && shownEdit && edit !== shownEdit) clock.fly();
    shownEdit = edit ?? shownEdit;
    if (event.kind === "finished" && wantsPlay && isFirst()) playAgain();
    const now = performance.now();
    if (event.kind === "step" && event.number > 1 && now - drawnAt < DRAW_MS) return;
    redraw();
    drawnAt = now;
    // For tests and measurements: what is shown now.
    const { alpha, steps } = story.release;
    root.dataset.shown = `alpha ${alpha}, step ${lastStep()} of ${steps}${story.isRunning ? "" : ", done"}`;
  }

  showTips(root);
  curves.node.addEventListener("toggle", redraw);
  const endSource = source.start(tell);
  const unmount = mount({ model, el, root, problem, watched: ["nprobe", "_about", "_error"], draw });
  // The numbers beside the sliders follow at once; the pictures follow when the kernel has made them.
  const echo = () => controls.alpha.set(get("alpha")) || controls.steps.set(get("steps"));
  ["alpha", "steps"].forEach((name) => model.on(`change:${name}`, echo));
  // The story is told once, when it is first seen.
  const seen = new IntersectionObserver((entries) => {
    if (!isFresh || !entries.some((entry) => entry.isIntersecting) || !story.trail) return;
    isFresh = false;
    seen.disconnect();
    if (!isCalm()) clock.play(lastStep());
  });
  seen.observe(plane);
  return () => {
    endSource();
    unmount();
    seen.disconnect();
    clock.stop();
    ["alpha", "steps"].forEach((name) => model.off(`change:${name}`, echo));
  };
}

export default { render };
