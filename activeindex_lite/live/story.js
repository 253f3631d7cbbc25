// What a page without a kernel tells of one picture after a move: the events of widgets/alpha_run.py, made here.
// A move is { index, alpha, steps, method, edit }.

const THUMBNAIL = 112;
// Activations and planes that are kept: what was shown a moment ago comes back at once.
const [KEPT_RUNS, KEPT_PLANES] = [6, 40];

// Keep a value under a name; the oldest are forgotten.
function keep(kept, name, value, most) {
  kept.set(name, value);
  if (kept.size > most) kept.delete(kept.keys().next().value);
}

async function uriOf(picture, type, quality) {
  const blob = await sheetOf(picture).convertToBlob({ type, quality });
  return new FileReaderSync().readAsDataURL(blob);
}

// The same at another scale, which is only looked at: the browser's own scaling is quicker than that of edits.
async function thumbnailOf(picture) {
  const { width, height } = picture;
  const scale = Math.min(1, THUMBNAIL / Math.max(width, height));
  const small = new OffscreenCanvas(...[width, height].map((side) => Math.max(1, Math.round(scale * side))));
  const pen = small.getContext("2d");
  pen.imageSmoothingQuality = "medium";
  pen.drawImage(sheetOf(picture), 0, 0, small.width, small.height);
  return new FileReaderSync().readAsDataURL(await small.convertToBlob({ type: "image/jpeg", quality: 0.85 }));
}

// What stands for a reference whose picture the page does not have.
function notShown(id) {
  const text = (y, words) =>
    `<text x="56" y="${y}" text-anchor="middle" font-family="sans-serif" font-size="19">${words}</text>`;
  const lines = [text(38, "picture"), text(64, id), text(90, "not shown")];
  const drawn = ['<rect width="112" height="112" fill="#ddd"/>', ...lines].join("");
  const whole = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 112 112">${drawn}</svg>`;
  return `data:image/svg+xml,${encodeURIComponent(whole)}`;
}

// One grey level in one number of the largest picture is 1.3e-6; less is rounding.
const psnrOf = (mse) => (mse > 1e-6 ? 10 * Math.log10(255 ** 2 / mse) : null);

function comparedPictures(original, released) {
  const difference = blankPicture(original.width, original.height);
  let linf = 0;
  for (let i = 0; i < released.pixels.length; i++) {
    if (i % 4 === 3) continue;
    const change = released.pixels[i] - original.pixels[i];
    linf = Math.max(linf, Math.abs(change));
    difference.pixels[i] = 128 + 10 * change;
  }
  return { difference, linf };
}

// Numbers near those of a normal distribution, the same at every start.
function noiseFrom(seed, count) {
  let state = seed;
  const even = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  return Float64Array.from({ length: count }, () => even() + even() + even() + even() - 2);
}

// tools: { core, indexes, methods, captions, nprobes, thumbnails, alpha, ownId }: alpha is the published value.
function storyteller({ core, indexes, methods, captions, nprobes, thumbnails, alpha, ownId }) {
  let original, truth, x, noise, thumbnail, known;
  // Pictures whose feature is known: of a released one, the walk has it.
  const featureOf = rememberedOf(core.featureOf);

  async function choose(picture, id) {
    [original, truth] = [picture, id];
    x = featureOf(picture);
    noise = noiseFrom(1, 3 * picture.width * picture.height);
    known = { runs: new Map(), scenes: new Map(), searches: new Map(), losses: new Map() };
    thumbnail = await thumbnailOf(picture);
    Object.values(indexes).forEach((index) => index.join(id === ownId ? x : null, id));
  }

  const runOf = ({ index, alpha, steps, method }) => `${index} ${alpha} ${steps} ${method}`;
  const sceneName = ({ index, method, edit }) => `${index} ${method} ${edit}`;

  function lossesOf(index, isMargin) {
    const name = `${index} ${isMargin}`;
    if (!known.losses.has(name)) known.losses.set(name, indexes[index].losses(x, isMargin));
    return known.losses.get(name);
  }

  // Activate: yields a stage after each step, { number, of, picture, mse, path, ms }.
  function* activated(move) {
    const { index, steps, method } = move;
    const { lr, shares, isMargin, isWhole } = methods[method];
    let [begun, ms] = [performance.now(), 0];
    const losses = lossesOf(index, isMargin);
    core.begin({ picture: original, alpha: move.alpha, shares, losses, noise });
    const path = [];
    for (let number = 1; number <= steps; number++) {
      path.push(core.step({ lr, isWhole }).feature);
      const { picture, mse } = core.release(original);
      ms += performance.now() - begun;
      const isKnown = number === 1 || number === steps;
      yield { number, of: steps, picture, mse, path: isKnown ? [...path, featureOf(picture)] : [...path], ms };
      begun = performance.now();
    }
  }

  async function search(move, picture) {
    const index = indexes[move.index];
    const scene = known.scenes.get(sceneName(move));
    const query = await edited(move.edit, picture, { captions });
    const feature = featureOf(query);
    const grid = index.cells ? nprobes : [1];
    const { ids, distances, second, compared, order, rank } = index.search(feature, grid);
    const place = flatIn(scene.plane, feature);
    const visited = order ?? [];
    return {
      edit: move.edit,
      truth,
      nprobes: grid,
      ids,
      first: ids.map((id, i) => id === truth && distances[i] < second[i]),
      distances,
      rank: order && rank(index.cellOf(x)),
      compared,
      place,
      inside: index.isOwn(feature, x),
      drawn: isInside(scene.own, place),
      ranks: scene.cells.map((cell) => visited.indexOf(cell) + 1),
      parts: index.parts(feature),
      query: await thumbnailOf(query),
      thumbnails: Object.fromEntries(ids.filter((id) => id >= 0).map((id) => [id, pictureOf(id)])),
    };
  }
  const pictureOf = (id) => (id === truth ? thumbnail : (thumbnails[id] ?? notShown(id)));

  const copyOf = async (picture, edit) => featureOf(await edited(edit, picture, { captions }));

  async function passiveOf(move) {
    const name = sceneName(move);
    const found = known.searches.get(name) ?? (await search(move, original));
    if (!known.searches.has(name)) keep(known.searches, name, found, KEPT_PLANES);
    return found;
  }

  function walked(move, path) {
    const { plane } = known.scenes.get(sceneName(move));
    const index = indexes[move.index];
    return path.map((feature) => ({
      place: flatIn(plane, feature),
      measure: index.measure(feature, x),
      inside: index.isOwn(feature, x),
    }));
  }

  // A stage's pictures for the page, made once.
  async function shown(stage) {
    stage.shown ??= await drawn(stage);
    return stage.shown;
  }
  async function drawn({ picture, mse }) {
    const { difference, linf } = comparedPictures(original, picture);
    // Browsers encode in the background.
    const files = [uriOf(picture, "image/jpeg", 0.92), uriOf(difference, "image/jpeg", 0.75)];
    const [shownPicture, shownDifference] = await Promise.all(files);
    return { picture: shownPicture, difference: shownDifference, psnr: psnrOf(mse), linf };
  }

  async function aboutPlane(move) {
    const scene = known.scenes.get(sceneName(move));
    scene.told ??= toldPlane(move, scene);
    return { plane: scene.told, passive: await passiveOf(move) };
  }
  function toldPlane(move, { kind, window, regions, own, code, flat }) {
    const index = indexes[move.index];
    return {
      name: sceneName(move),
      kind,
      window: [window[0], window[2]],
      regions,
      own,
      x: [0, 0],
      code,
      // The code of LSH is a direction, not a point.
      codeInside: kind === "bits" ? null : index.isOwn(index.anchor(x), x),
      passive: flat[0],
      active: flat[1],
      measured: index.measured,
      stored: index.stored(),
      dimensions: x.length,
      parts: index.parts(x),
    };
  }

  async function view(move, made) {
    const last = made.at(-1);
    const searching = search(move, last.picture);
    const path = walked(move, last.path);
    const trail = [{ number: 0, psnr: null, ...path[0] }];
    for (const stage of made) trail.push({ number: stage.number, ...(await shown(stage)), ...path[stage.number] });
    const { edit, ...setting } = move;
    const release = {
      ...setting,
      run: runOf(move),
      goal: indexes[move.index].goal,
      // A smaller file is there sooner; the one without loss follows with the searches.
      picture: last.lossless ?? last.shown.picture,
      psnr: psnrOf(last.mse),
      ssim: null,
      linf: last.shown.linf,
      ms: last.ms,
      kept: shareIn(known.scenes.get(sceneName(move)).plane, last.path),
    };
    return { release, trail, active: await searching, ...(await aboutPlane(move)) };
  }

  // The plane of a move is fixed by the published release of its method.
  async function* madeScene(move) {
    const fixed = { ...move, alpha, steps: methods[move.method].steps };
    if (!known.runs.has(runOf(fixed))) {
      const made = [];
      for (const stage of activated(fixed)) {
        made.push(stage);
        yield null;
      }
      keep(known.runs, runOf(fixed), made, KEPT_RUNS);
    }
    const released = known.runs.get(runOf(fixed)).at(-1).picture;
    const copies = [await copyOf(original, move.edit), await copyOf(released, move.edit)];
    const scene = sceneOf(indexes[move.index], x, ...copies);
    const flat = copies.map((copy) => flatIn(scene.plane, copy));
    keep(known.scenes, sceneName(move), { ...scene, flat }, KEPT_PLANES);
  }

  async function* events(move) {
    if (!known.scenes.has(sceneName(move))) yield* madeScene(move);
    yield { kind: "begun", ...(await aboutPlane(move)) };
    if (!known.runs.has(runOf(move))) {
      const made = [];
      for (const stage of activated(move)) {
        made.push(stage);
        // The last step comes with all that is finished.
        if (stage.number === stage.of) break;
        const step = { kind: "step", run: runOf(move), alpha: move.alpha, number: stage.number, of: stage.of };
        yield { ...step, path: walked(move, stage.path), ...(await shown(stage)) };
      }
      keep(known.runs, runOf(move), made, KEPT_RUNS);
    }
    const made = known.runs.get(runOf(move));
    yield { kind: "finished", view: await view(move, made) };
    made.at(-1).lossless ??= await uriOf(made.at(-1).picture, "image/png");
    yield null;
    const found = {};
    for (const stage of made.slice(0, -1)) {
      found[stage.number] = await search(move, stage.picture);
      yield null;
    }
    yield { kind: "searched", run: runOf(move), edit: move.edit, found, picture: made.at(-1).lossless };
  }

  return { choose, events };
}
