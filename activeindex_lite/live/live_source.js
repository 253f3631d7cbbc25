// Results made in the page itself, by a worker that holds the compute core: a source as alpha_source.js describes it.

const LIVE_ALPHA_STEP = 0.25;

// Whether this browser runs the compute core.
function canLive(live) {
  const bytes = Uint8Array.from(atob(live.binaries.simd), (letter) => letter.charCodeAt(0));
  const isAble = typeof WebAssembly === "object" && WebAssembly.validate(bytes) && "OffscreenCanvas" in window;
  return isAble && typeof Worker === "function";
}

// A live source, or the stored grid with a sentence.
function liveOrStored(model) {
  const stored = model.get("_stored");
  if (stored) stored.thumbnails = { ...model.get("_live").thumbnails, ...stored.thumbnails };
  if (canLive(model.get("_live"))) return liveSource(model);
  const why = "This browser cannot activate pictures itself (it lacks WebAssembly with SIMD).";
  model.set("_error", `${why} The page shows results that were measured before.`);
  return storedSource(model);
}

// The picture of a file as RGBA bytes.
async function pixelsOf(blob) {
  const bitmap = await createImageBitmap(blob);
  const { width, height } = bitmap;
  const pen = html("canvas", { width, height }).getContext("2d");
  // Transparent pictures lie on white.
  pen.fillStyle = "#fff";
  pen.fillRect(0, 0, width, height);
  pen.drawImage(bitmap, 0, 0);
  bitmap.close();
  return { width, height, pixels: pen.getImageData(0, 0, width, height).data };
}

// An event of a stored grid, whose searches leave their thumbnails to all others.
function withThumbnails(event, thumbnails) {
  const filled = (found) => found && { ...found, thumbnails };
  if (event.kind === "finished") {
    const { view } = event;
    return { ...event, view: { ...view, active: filled(view.active), passive: filled(view.passive) } };
  }
  return { ...event, found: Object.fromEntries(Object.entries(event.found).map(([at, found]) => [at, filled(found)])) };
}

function liveSource(model) {
  const live = model.get("_live");
  const about = model.get("_about");
  const worker = new Worker(URL.createObjectURL(new Blob([live.worker], { type: "text/javascript" })));
  const moved = ["alpha", "steps", "method", "index", "edit"];
  let [number, quiet, tell, isReady, isWaiting] = [0, null, null, false, false];
  const send = (message, transfer = []) => {
    worker.postMessage(message, transfer);
    number += 1;
  };
  const fail = (message) => model.set("_error", `This did not work: ${message}`);
  worker.onmessage = ({ data }) => {
    if (data.event) {
      if (data.number !== number) return;
      if (data.number !== quiet || data.event.kind === "searched") tell?.(data.event);
      else if (data.event.kind === "finished") tell?.({ ...data.event, kind: "known" });
    } else if (data.kind === "failed") fail(data.message);
    else if (data.kind === "ready") {
      isReady = true;
      document.documentElement.dataset.core = data.core;
      move();
      // What is shown already is made once more: the stored view lacks the pictures of most steps, and the plane and
      // the code are then ready for the first move.
      if (!isWaiting) quiet = number;
    }
  };
  worker.onerror = (event) => fail(event.message);
  const { worker: _, ...held } = live;
  const opening = async () => pixelsOf(await (await fetch(about.original)).blob());
  opening().then(
    (picture) => send({ kind: "open", live: held, picture }),
    (error) => fail(error.message),
  );

  function move() {
    if (!isReady) return void (isWaiting = true);
    const asked = Object.fromEntries(moved.map((name) => [name, model.get(name)]));
    send({ kind: "move", move: asked });
  }

  async function takePicture(bytes) {
    const file = new Blob([bytes], { type: "image/png" });
    try {
      const picture = await pixelsOf(file);
      const url = URL.createObjectURL(file);
      model.set("_about", { ...model.get("_about"), original: url, own: true });
      send({ kind: "picture", picture, id: live.ownId });
      move();
    } catch (error) {
      fail(error.message);
    }
  }

  function start(listener) {
    tell = listener;
    moved.forEach((name) => model.on(`change:${name}`, move));
    // The stored view is there at once; without one, the worker makes it.
    const stored = model.get("_stored");
    if (stored?.runs[`${model.get("index")} ${model.get("alpha")}`]) {
      const end = storedSource(model).start((event) => listener(withThumbnails(event, stored.thumbnails)));
      end();
    } else move();
    return () => {
      moved.forEach((name) => model.off(`change:${name}`, move));
      worker.terminate();
    };
  }

  const { limits } = about;
  return {
    isLive: true,
    alphas: upTo(limits.alpha / LIVE_ALPHA_STEP + 1).map((i) => i * LIVE_ALPHA_STEP),
    steps: upTo(limits.steps).map((i) => i + 1),
    edits: live.edits,
    methods: Object.keys(live.methods),
    stepsOf: (method) => live.methods[method].steps,
    start,
    takePicture,
  };
}
