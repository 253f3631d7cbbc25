// Where the alpha explorer's results come from: a kernel that activates step by step, or the results that a page
// without a kernel has stored. Each source is { isLive, alphas, steps, edits, methods, start(tell) }, and where it is
// live stepsOf(method) and takePicture(bytes, name); start returns the function that ends it. Some have thumbnails by
// id, beside(moved), what is set with a move, and a place for a control of their own. tell(event) hears of events, of
// which `tellStory` makes what is drawn:
//   { kind: "begun", plane, passive }                               a setting with a plane of its own
//   { kind: "step", run, alpha, number, of, path, picture, difference, psnr, found? }   a step was made
//   { kind: "finished", view }                                      all that the setting shows
//   { kind: "known", view }                                         the same, of what is shown already
//   { kind: "pictured" }                                            more thumbnails have come
//   { kind: "searched", run, edit, found, picture?, pictures? }     what searches after each step find; the released
//                                                                   picture without loss, where the view's lost some;
//                                                                   steps' pictures that the view lacks

// Whole numbers 0 .. count - 1.
const upTo = (count) => Array.from({ length: count }, (_, i) => i);
const ALPHA_STEP = 0.25;
// The values of the sliders of a live source.
const valuesUpTo = (limits) => ({
  alphas: upTo(limits.alpha / ALPHA_STEP + 1).map((i) => i * ALPHA_STEP),
  steps: upTo(limits.steps).map((i) => i + 1),
});

function kernelSource(model) {
  const about = model.get("_about");
  function start(tell) {
    const finish = () => tell({ kind: "finished", view: model.get("_view") });
    const search = () => tell({ kind: "searched", ...model.get("_searched") });
    const hear = (event) => tell(event);
    model.on("change:_view", finish);
    model.on("change:_searched", search);
    model.on("msg:custom", hear);
    finish();
    search();
    return () => {
      model.off("change:_view", finish);
      model.off("change:_searched", search);
      model.off("msg:custom", hear);
    };
  }
  return {
    isLive: true,
    ...valuesUpTo(about.limits),
    edits: about.edits,
    methods: Object.keys(about.methods),
    stepsOf: (method) => about.methods[method],
    start,
    takePicture: (bytes, name) => model.send({ kind: "picture", name }, undefined, [bytes]),
  };
}

// Every release and search of a grid, measured when the page was written.
function storedSource(model) {
  const stored = model.get("_stored");
  function viewOf(index, alpha, edit) {
    const run = stored.runs[`${index} ${alpha}`];
    const { path, active } = stored.copies[`${index} ${alpha} ${edit}`];
    const { plane, passive } = stored.planes[`${index} ${edit}`];
    const trail = run.trail.map((stage, number) => ({ ...stage, number, place: path[number] }));
    return { release: run.release, trail, plane, passive, active };
  }
  function start(tell) {
    const finish = () => {
      const [index, alpha, edit] = ["index", "alpha", "edit"].map((name) => model.get(name));
      const view = viewOf(index, alpha, edit);
      tell({ kind: "finished", view });
      const found = stored.searched[`${index} ${alpha} ${edit}`];
      tell({ kind: "searched", run: view.release.run, edit, found: found ?? {} });
    };
    const names = ["index", "alpha", "edit"];
    names.forEach((name) => model.on(`change:${name}`, finish));
    finish();
    return () => names.forEach((name) => model.off(`change:${name}`, finish));
  }
  return {
    isLive: false,
    alphas: stored.alphas,
    steps: [stored.steps],
    edits: stored.edits,
    methods: [model.get("method")],
    thumbnails: stored.thumbnails,
    start,
  };
}

// ---- what is drawn -----------------------------------------------------------------------------------------------

// A story: { plane, passive, release, trail, active, isRunning }. trail[k] is what would be released after k steps:
// { number, psnr, place, measure, picture?, difference?, found? }, trail[0] the original.
const tellStory = (story, event) => TELLERS[event.kind](story, event);

const TELLERS = {
  // What is shown stays whole until the first step in the new plane.
  begun: (story, { plane, passive }) => ({ ...story, coming: { plane, passive } }),
  step({ coming, ...past }, { kind, path, ...step }) {
    const story = { ...past, ...coming };
    const isNew = coming || story.release?.run !== step.run || !story.isRunning;
    const before = isNew ? [] : story.trail;
    const trail = upTo(step.number + 1).map((number) => ({
      ...(number === step.number ? { ...step } : before[number]),
      number,
      // The place after a step is known with the next one.
      ...(path[number] ?? path.at(-1)),
    }));
    trail[0] = { number: 0, psnr: null, ...path[0], found: story.passive };
    const { run, alpha, of } = step;
    return {
      ...story,
      trail,
      isRunning: true,
      release: { ...story.release, run, alpha, steps: of, isWhole: false },
      active: null,
    };
  },
  finished(story, { view }) {
    // What was found on the way stays known while the searches after each step are made anew.
    const trail = view.trail.map((stage) => ({ ...stage }));
    trail[0].found = view.passive;
    trail.at(-1).found = view.active;
    return { ...view, release: { ...view.release, isWhole: true }, trail, isRunning: false };
  },
  // What is shown already, in full: it ends no play.
  known: (story, event) => TELLERS.finished(story, event),
  pictured: (story) => ({ ...story }),
  searched(story, { run, edit, found, picture, pictures = {} }) {
    if (!found || story.release?.run !== run || story.active?.edit !== edit) return story;
    // Copies of one edit look alike: only the last one's picture was sent.
    const { query } = story.active;
    const later = ({ number }) => found[number] && { ...found[number], query: found[number].query ?? query };
    const filled = (stage) => ({ ...stage, ...pictures[stage.number], found: stage.found ?? later(stage) });
    const trail = story.trail.map(filled);
    const release = { ...story.release, picture: picture ?? story.release.picture };
    return { ...story, trail, release };
  },
};
