// A source as alpha_source.js describes it, in a notebook: the kernel computes, or this browser does. On a hub many
// kernels share a machine, while each reader has a browser: where the kernel is slow, the browser takes over. The trait
// _here says who computes the present move.

// Milliseconds per step above which a kernel is slow enough to fetch 7 MB for.
const SLOW_MS = 150;
const PLACES = [
  ["quicker", "the quicker one"],
  ["kernel", "the kernel"],
  ["browser", "this browser"],
];

function kernelOrBrowser(model) {
  const kernel = kernelSource(model);
  const isHere = () => Boolean(model.get("_here"));
  // Milliseconds per step of the last move that was computed there.
  const pace = { kernel: null, browser: null };
  const pictures = {};
  let [wanted, live, worker, isAsked, isReady] = ["quicker", null, null, false, false];
  let [tell, begun, stepped, refusal] = [() => {}, 0, 0, ""];

  const places = select("computed by", choose);
  const note = html("p", { className: "ai-note" });
  const place = html("div", {}, places.node, note);

  // ---- who computes ------------------------------------------------------------------------------------------------

  const isAble = (move) =>
    live &&
    live.indexes[move.index] &&
    live.methods[move.method] &&
    (live.edits.includes(move.edit) || isDial(move.edit));
  const isDial = (edit) => Boolean(model.get("_about").dials[edit.split(" ")[0]]);
  function isForBrowser(move) {
    if (!isReady || wanted === "kernel" || !isAble(move)) return false;
    return wanted === "browser" || (pace.kernel > SLOW_MS && pace.browser < pace.kernel);
  }

  // What is set beside each move: who computes it.
  const beside = (moved) => ({ _here: isForBrowser({ ...moveOf(model), ...moved }) });

  function choose(name) {
    wanted = name;
    if (wanted !== "kernel") ask();
    again();
  }
  // Make the present move once more, where it is computed now.
  function again() {
    const here = beside({})._here;
    if (here !== isHere()) {
      model.set("_here", here);
      model.save_changes();
    }
    if (here) moveHere();
    report();
  }

  function ask() {
    if (isAsked) return;
    isAsked = true;
    refusal = "This browser is being prepared.";
    model.send({ kind: "browser" });
  }
  function take(material) {
    if (!canCompute(material.binaries.simd)) {
      refusal = "This browser cannot compute (it lacks WebAssembly with SIMD).";
      report();
      return;
    }
    live = material;
    const about = model.get("_about");
    worker = startWorker({ ...live, id: about.place ?? live.ownId }, about.original, {
      onReady() {
        [isReady, refusal] = [true, ""];
        if (model.get("_about").original !== about.original) changedPicture();
        // Its first move is measured, whoever computes it.
        if (isForBrowser(moveOf(model))) again();
        else moveHere();
      },
      onEvent: heardHere,
      onProblem(message) {
        [isReady, refusal] = [false, `This browser could not compute: ${message}`];
        again();
      },
    });
  }

  function report() {
    places.set(wanted, PLACES);
    const now = isHere() ? "this browser" : "the kernel";
    const paces = Object.entries(pace).filter(([, ms]) => ms !== null);
    const measured = paces.map(([name, ms]) => `${name} ${Math.round(ms)} ms`).join(", ");
    const unable =
      wanted !== "kernel" && isReady && !isAble(moveOf(model))
        ? " Only the kernel has this index, method or edit."
        : "";
    note.textContent = `Now: ${now}.${measured && ` Per step: ${measured}.`}${unable} ${refusal}`;
  }

  // ---- what is heard -----------------------------------------------------------------------------------------------

  // From when the plane is known: it is made once for each edit.
  function clocked(name, event) {
    if (event.kind === "begun") [begun, stepped] = [performance.now(), 0];
    if (event.kind === "step") stepped = event.number;
    if (event.kind !== "finished") return;
    const { steps } = event.view.release;
    // Where the steps were known from before, nothing was measured.
    if (begun && steps > 1 && stepped) pace[name] = (performance.now() - begun) / steps;
    begun = 0;
    if (wanted === "quicker" && pace.kernel > SLOW_MS) ask();
    report();
  }
  function heardKernel(event) {
    clocked("kernel", event);
    if (!isHere()) tell(event);
  }
  function heardHere(event) {
    clocked("browser", event);
    if (!isHere()) return;
    tell(event);
    if (event.kind === "finished") askPictures(event.view);
  }
  // Results of which this browser has no picture.
  function askPictures({ active, passive }) {
    const ids = [...new Set([...active.ids, ...passive.ids])];
    const unknown = ids.filter((id) => id >= 0 && id !== active.truth && !pictures[id]);
    if (unknown.length) model.send({ kind: "thumbnails", ids: unknown });
  }

  const moveHere = () => worker.move(moveOf(model));
  // A move, by whomever it was made.
  function moved() {
    report();
    if (!isHere()) return;
    if (isReady) return void moveHere();
    // Another view of this explorer computes in its browser, and this one cannot.
    model.set("_here", false);
    model.save_changes();
  }
  function changedPicture() {
    const about = model.get("_about");
    if (isReady) worker.choose(about.original, about.place ?? live.ownId, () => isHere() && moveHere());
  }

  function start(listener) {
    tell = listener;
    const finish = () => heardKernel({ kind: "finished", view: model.get("_view") });
    const search = () => !isHere() && tell({ kind: "searched", ...model.get("_searched") });
    const messages = {
      browser: ({ live: material }) => take(material),
      thumbnails: ({ thumbnails }) => {
        Object.assign(pictures, thumbnails);
        tell({ kind: "pictured" });
      },
    };
    const hear = (message) => (messages[message.kind] ?? heardKernel)(message);
    const heard = { "change:_view": finish, "change:_searched": search, "msg:custom": hear };
    Object.assign(heard, { "change:_about": changedPicture });
    MOVED.forEach((name) => (heard[`change:${name}`] = moved));
    Object.entries(heard).forEach(([name, listen]) => model.on(name, listen));
    // A view that is opened later begins with the kernel's results.
    if (isHere()) moved();
    finish();
    search();
    report();
    return () => {
      Object.entries(heard).forEach(([name, listen]) => model.off(name, listen));
      worker?.end();
    };
  }

  return { ...kernel, start, beside, place, thumbnails: pictures };
}
