// The alpha explorer: three pictures, the walk of the feature toward its code, two searches, two curves.
// The kernel activates and searches; nprobe and all drawing stay in the page.

const ALPHA_STEP = 0.25;
// The notebook server drops longer messages without a word.
const LARGEST_MESSAGE = 10_000_000;

// Whole numbers 0 .. count - 1.
const upTo = (count) => Array.from({ length: count }, (_, i) => i);

// ---- one search --------------------------------------------------------------------------------------------------

// What the search found, and why, at position `at` of the list of nprobes.
function verdictOf(found, at) {
  const id = found.ids[at];
  if (found.first[at]) return "✓ the original comes first";
  if (id < 0) return "✗ the visited cells are empty";
  return id === found.truth ? "✗ the original ties with others" : "✗ another picture comes first";
}

function reasonOf(found, at) {
  if (found.rank === null) return "no cells: everything is compared";
  if (found.rank === 1) return "its cell is the nearest";
  const isVisited = found.rank <= found.nprobes[at];
  return `its cell is number ${found.rank} by distance: ${isVisited ? "visited" : "not visited"}`;
}

function firstResult(found, at, isOwnPicture) {
  const id = found.ids[at];
  if (id < 0) return html("span", {}, "nothing");
  return html("img", {
    src: found.thumbnails[id],
    className: found.first[at] ? "ai-right" : "ai-wrong",
    alt: isOwnPicture && id === found.truth ? "first result: your picture" : `first result: picture ${id}`,
  });
}

// The edited copy, what the search finds first for it, and the verdict.
function showSearch(row, name, found, at, isOwnPicture) {
  const verdict = html("strong", {}, verdictOf(found, at));
  row.replaceChildren(
    html("figcaption", {}, name),
    html("img", { src: found.query, alt: `${name}: the edited picture that is searched for` }),
    html("span", { className: "ai-arrow", "aria-hidden": "true" }, "→"),
    firstResult(found, at, isOwnPicture),
    html("span", { className: "ai-verdict" }, verdict, html("br"), reasonOf(found, at)),
  );
}

// ---- sentences ---------------------------------------------------------------------------------------------------

function qualityText(release, withTime) {
  if (release.psnr === null) return "Nothing changed.";
  const quality =
    `PSNR ${release.psnr.toFixed(1)} dB, SSIM ${release.ssim.toFixed(3)}, ` +
    `largest change ${release.linf} grey levels`;
  return withTime ? `${quality}; ${release.steps} steps took ${release.ms.toFixed(0)} ms.` : `${quality}.`;
}

function outcomeText(passive, active, at) {
  const copy = `copy (${passive.edit})`;
  const [passiveFinds, activeFinds] = [passive.first[at], active.first[at]];
  if (passiveFinds && activeFinds) return `the passive and the activated ${copy} both find the original.`;
  if (activeFinds) return `the activated ${copy} finds the original, the passive one does not.`;
  if (passiveFinds) return `the passive ${copy} finds the original, the activated one does not.`;
  return `neither the passive nor the activated ${copy} finds the original.`;
}

function findingText({ release, passive, active }, at, withTime) {
  const quality = qualityText(release, withTime);
  const outcome = outcomeText(passive, active, at);
  if (passive.nprobes.length === 1) return `${quality} ${outcome[0].toUpperCase()}${outcome.slice(1)}`;
  return `${quality} With ${cellsText(passive.nprobes[at])} visited, ${outcome}`;
}

// ---- the parts of the page ---------------------------------------------------------------------------------------

// The original, the released picture, and their difference.
function picturesPart() {
  const original = captionedPicture("original");
  const released = captionedPicture("released");
  const difference = captionedPicture("difference × 10");
  const node = html("div", { className: "ai-pictures" }, original.node, released.node, difference.node);
  function draw(source, release) {
    if (original.image.src !== source) original.image.src = source;
    released.image.src = release.picture;
    released.text.textContent = `released at alpha ${release.alpha.toFixed(2)}`;
    released.image.alt =
      release.psnr === null
        ? "released: nothing changed"
        : `released: PSNR ${release.psnr.toFixed(1)} dB from the original`;
    difference.image.src = release.difference;
    difference.image.alt = `difference times ten: at most ${release.linf} grey levels`;
  }
  return { node, draw };
}

// The two curves of the stored grid: R@1 over nprobe, passive and at the nearest stored alpha, and R@1 over alpha.
function gridPart() {
  const overNprobe = canvas("", 220);
  const overAlpha = canvas("", 220);
  const nprobeTitle = html("h2");
  const alphaTitle = html("h2");
  const note = html("p", { className: "ai-note" });
  const node = html(
    "div",
    { className: "ai-two" },
    html("section", {}, nprobeTitle, overNprobe),
    html("section", {}, alphaTitle, overAlpha),
  );
  const points = (rows, axis) => rows.map((row) => [row[axis], row.r1, row.low, row.high]);
  const spoken = (rows) => rows.map(([value, r1]) => `${r1.toFixed(2)} at ${value}`).join(", ");

  // The dashed line of both charts.
  function passiveLevel(grid) {
    const row = grid.find((candidate) => candidate.alpha === 0 && candidate.nprobe === 16);
    return row && { at: row.r1, text: `- - passive at nprobe 16: ${row.r1.toFixed(2)}` };
  }

  function drawOverNprobe(grid, alpha, nprobe, nprobes) {
    const hasCells = nprobes.length > 1;
    const alphas = [...new Set(grid.map((row) => row.alpha))];
    const stored = alphas[nearestPosition(alphas, alpha)];
    const at = (wanted) => grid.filter((row) => row.alpha === wanted);
    const passive = points(at(0), "nprobe");
    const active = points(at(stored), "nprobe");
    nprobeTitle.textContent = `R@1${hasCells ? " over nprobe" : ""}: passive (○) and alpha ${stored} (◆)`;
    drawCurves(overNprobe, {
      log: true,
      present: nprobe,
      level: passiveLevel(grid),
      label: hasCells ? "nprobe: cells visited" : "no cells: everything is compared",
      ticks: hasCells ? nprobes.map((value) => [value, String(value)]) : [],
      curves: [
        { rows: passive, colour: ORANGE, shape: "circle" },
        { rows: stored === 0 ? [] : active, colour: BLUE, shape: "diamond" },
      ],
    });
    overNprobe.setAttribute(
      "aria-label",
      `R@1 over nprobe. Passive: ${spoken(passive)}. Alpha ${stored}: ${spoken(active)}.`,
    );
  }

  function drawOverAlpha(grid, alpha, nprobe, nprobes) {
    const rows = grid.filter((row) => row.nprobe === nprobe);
    const decibels = (row) => (row.psnr === null ? "∞" : row.psnr.toFixed(0));
    const whole = rows.filter((row) => Number.isInteger(row.alpha));
    alphaTitle.textContent = `R@1 over alpha at ${nprobes.length === 1 ? "this index" : `nprobe ${nprobe}`}, with PSNR`;
    drawCurves(overAlpha, {
      present: alpha,
      level: passiveLevel(grid),
      label: "alpha (below: PSNR in dB)",
      ticks: whole.map((row) => [row.alpha, String(row.alpha), decibels(row)]),
      curves: [{ rows: points(rows, "alpha"), colour: BLUE, shape: "diamond" }],
    });
    const label = `R@1 over alpha at nprobe ${nprobe}: ${spoken(points(rows, "alpha"))}.`;
    overAlpha.setAttribute("aria-label", label);
  }

  function draw(about, { release, passive }, nprobe) {
    const grid = about.grid.filter((row) => row.index === release.index);
    note.textContent = `Curves: ${about.measured}, 10 steps, measured once; bars are 95 % intervals over pictures.`;
    // An index of one's own has no stored curves.
    node.hidden = !grid.length;
    note.hidden = !grid.length;
    if (!grid.length) return;
    drawOverNprobe(grid, release.alpha, nprobe, passive.nprobes);
    drawOverAlpha(grid, release.alpha, nprobe, passive.nprobes);
  }
  return { node, note, draw };
}

// A file chooser that sends a picture to the kernel.
function uploadControl(model, problem) {
  const input = html("input", { type: "file", accept: "image/*" });
  input.addEventListener("change", async () => {
    const [file] = input.files;
    if (!file) return;
    if (file.size > LARGEST_MESSAGE) {
      problem.textContent = `${file.name} has more than 10 MB: choose a smaller file.`;
      return;
    }
    model.send({ kind: "picture", name: file.name }, undefined, [await file.arrayBuffer()]);
  });
  return html("label", { className: "ai-control" }, html("span", {}, "your picture"), input);
}

// ---- the explorer ------------------------------------------------------------------------------------------------

function render({ model, el }) {
  const get = (name) => model.get(name);
  const put = (name, value) => {
    model.set(name, value);
    model.save_changes();
  };
  // Only a page without a kernel holds every release and search.
  const stored = get("_stored");
  const { limits } = get("_about");
  const alphas = stored ? stored.alphas : upTo(limits.alpha / ALPHA_STEP + 1).map((i) => i * ALPHA_STEP);
  const steps = upTo(limits.steps).map((i) => i + 1);
  const alphaText = (alpha) => alpha.toFixed(2);
  const alphaSlider = slider("alpha", alphas, alphaText, (alpha) => put("alpha", alpha));
  const stepsSlider = slider("steps", steps, String, (count) => put("steps", count));
  const nprobeSlider = slider("nprobe", [1], cellsText, (nprobe) => put("nprobe", nprobe));
  const indexSelect = select("index", (name) => put("index", name));
  const editSelect = select("edit", (name) => put("edit", name));
  const controls = [alphaSlider, stepsSlider, nprobeSlider, indexSelect, editSelect];
  const bar = html("div", { className: "ai-bar" }, ...controls.map((control) => control.node));
  const problem = html("p", { className: "ai-problem", role: "alert" });
  if (!stored) bar.append(uploadControl(model, problem));
  stepsSlider.input.disabled = Boolean(stored);

  const pictures = picturesPart();
  const finding = html("p", { className: "ai-finding" });
  finding.setAttribute("aria-live", "polite");
  const walk = canvas("", 270);
  const walkNote = html(
    "p",
    { className: "ai-note" },
    "Each point lies at its true distance from x and from the star; other distances are not to scale.",
  );
  const passiveRow = html("figure", { className: "ai-find ai-passive" });
  const activeRow = html("figure", { className: "ai-find ai-active" });
  const curves = gridPart();
  const walkSection = section("The walk of the feature", walk, walkNote);
  const searchSection = section("The search for the edited copy", passiveRow, activeRow);
  const root = html(
    "div",
    { className: "ai-explorer" },
    bar,
    problem,
    pictures.node,
    finding,
    html("div", { className: "ai-two" }, walkSection, searchSection),
    curves.node,
    curves.note,
  );

  function currentView() {
    if (!stored) return get("_view");
    const key = `${get("index")} ${get("alpha")}`;
    const edit = get("edit");
    return {
      release: stored.releases[key],
      passive: stored.passive[get("index")][edit],
      active: stored.active[key][edit],
    };
  }

  function drawControls(about, nprobes, nprobe) {
    const indexText = ([name, factory]) => (name === factory ? name : `${name} (${factory})`);
    const edits = stored ? stored.edits : about.edits;
    alphaSlider.set(get("alpha"));
    stepsSlider.set(get("steps"));
    nprobeSlider.set(nprobe, nprobes);
    nprobeSlider.input.disabled = nprobes.length === 1;
    indexSelect.set(
      get("index"),
      Object.entries(about.indexes).map((index) => [index[0], indexText(index)]),
    );
    editSelect.set(
      get("edit"),
      edits.map((name) => [name, name]),
    );
  }

  function draw() {
    const about = get("_about");
    const view = currentView();
    const { release, passive, active } = view;
    // The searches are measured at a few values of nprobe; the largest of them within the setting is shown.
    const at = passive.nprobes.filter((nprobe) => nprobe <= get("nprobe")).length - 1;
    const nprobe = passive.nprobes[at];
    drawControls(about, passive.nprobes, nprobe);
    pictures.draw(about.original, release);
    drawWalk(walk, release, passive, active);
    showSearch(passiveRow, "passive copy", passive, at, about.own);
    showSearch(activeRow, "activated copy", active, at, about.own);
    finding.textContent = findingText(view, at, !stored);
    curves.draw(about, view, nprobe);
    problem.textContent = get("_error");
  }

  // The numbers beside the sliders follow at once; the pictures follow when the kernel has made them.
  function echo() {
    alphaSlider.set(get("alpha"));
    stepsSlider.set(get("steps"));
  }
  const echoed = ["alpha", "steps"];
  echoed.forEach((name) => model.on(`change:${name}`, echo));
  const watched = ["nprobe", "_view", "_about", "_error"];
  if (stored) watched.push("alpha", "index", "edit");
  const unmount = mount({ model, el, root, problem, watched, draw });
  return () => {
    unmount();
    echoed.forEach((name) => model.off(`change:${name}`, echo));
  };
}

export default { render };
