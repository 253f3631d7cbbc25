// Results made in the browser itself, by a worker that holds the compute core: a source as alpha_source.js has it.

// What a move is made of.
const MOVED = ["alpha", "steps", "method", "index", "edit"];
const moveOf = (model) => Object.fromEntries(MOVED.map((name) => [name, model.get(name)]));

// Whether this browser runs the compute core; of its smallest binary, in base64.
function canCompute(binary) {
  const bytes = Uint8Array.from(atob(binary), (letter) => letter.charCodeAt(0));
  const isAble = typeof WebAssembly === "object" && WebAssembly.validate(bytes) && "OffscreenCanvas" in window;
  return isAble && typeof Worker === "function";
}

// A live source, or the stored grid with a sentence.
function liveOrStored(model) {
  const stored = model.get("_stored");
  if (stored) stored.thumbnails = { ...model.get("_live").thumbnails, ...stored.thumbnails };
  if (canCompute(model.get("_live").binaries.simd)) return liveSource(model);
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

// A worker that has opened `live` (live/material.py) with the picture at an address. onReady(core) hears that it can
// move; onEvent(event, number) hears of the events of the latest move, which move() gave that number.
function startWorker(live, address, { onReady, onEvent, onProblem }) {
  const worker = new Worker(URL.createObjectURL(new Blob([live.worker], { type: "text/javascript" })));
  let number = 0;
  const send = (message) => {
    worker.postMessage(message);
    number += 1;
    return number;
  };
  const told = {
    failed: ({ message }) => onProblem(message),
    ready: ({ core }) => onReady(core),
    event: (data) => data.number === number && onEvent(data.event, data.number),
  };
  worker.onmessage = ({ data }) => told[data.event ? "event" : data.kind](data);
  worker.onerror = (event) => onProblem(event.message);
  const { worker: _, ...held } = live;
  const pictureAt = async (uri) => pixelsOf(await (await fetch(uri)).blob());
  const whenRead = (uri, then) => pictureAt(uri).then(then, (error) => onProblem(error.message));
  whenRead(address, (picture) => send({ kind: "open", live: held, picture }));
  return {
    move: (move) => send({ kind: "move", move }),
    // Another picture: its address, its id, and what is done once it was sent.
    choose: (uri, id, then) => whenRead(uri, (picture) => send({ kind: "picture", picture, id }) && then()),
    end: () => worker.terminate(),
  };
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
  const { limits, original } = model.get("_about");
  let [quiet, tell, isReady, isWaiting] = [null, null, false, false];
  const onProblem = (message) => model.set("_error", `This did not work: ${message}`);
  const worker = startWorker(live, original, {
    onProblem,
    onReady(core) {
      isReady = true;
      document.documentElement.dataset.core = core;
      const number = worker.move(moveOf(model));
      // What is shown already is made once more: the stored view lacks the pictures of most steps, and the plane and
      // the code are then ready for the first move.
      if (!isWaiting) quiet = number;
    },
    onEvent(event, number) {
      if (number !== quiet || event.kind === "searched") tell?.(event);
      else if (event.kind === "finished") tell?.({ ...event, kind: "known" });
    },
  });

  function move() {
    if (isReady) worker.move(moveOf(model));
    else isWaiting = true;
  }

  function takePicture(bytes) {
    const url = URL.createObjectURL(new Blob([bytes], { type: "image/png" }));
    worker.choose(url, live.ownId, () => {
      model.set("_about", { ...model.get("_about"), original: url, own: true });
      move();
    });
  }

  function start(listener) {
    tell = listener;
    MOVED.forEach((name) => model.on(`change:${name}`, move));
    // The stored view is there at once; without one, the worker makes it.
    const stored = model.get("_stored");
    if (stored?.runs[`${model.get("index")} ${model.get("alpha")}`]) {
      const end = storedSource(model).start((event) => listener(withThumbnails(event, stored.thumbnails)));
      end();
    } else move();
    return () => {
      MOVED.forEach((name) => model.off(`change:${name}`, move));
      worker.end();
    };
  }

  return {
    isLive: true,
    ...valuesUpTo(limits),
    edits: live.edits,
    methods: Object.keys(live.methods),
    stepsOf: (method) => live.methods[method].steps,
    start,
    takePicture,
  };
}
