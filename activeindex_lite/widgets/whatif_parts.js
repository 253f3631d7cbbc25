// The parts of the what-if lab's page: the controls of a setting, the table, and the question.

// A drop-down list in groups; groups: [[group, [[value, text], ...]], ...].
function groupedSelect(label, groups, onChange) {
  const { node, input } = select(label, onChange);
  for (const [name, options] of groups) {
    const group = html("optgroup", { label: name });
    group.append(...options.map(([value, text]) => html("option", { value }, text)));
    input.append(group);
  }
  const set = (present) => {
    input.value = present;
  };
  return { node, set };
}

// The controls of setting "a" or "b".
function sideControls(side, sweep, get, put) {
  const { axes, about } = sweep;
  const { name, mark } = SIDES[side];
  const move = (change) => put(side, sweep.settled({ ...get(side), ...change }));

  function nprobeText(nprobe) {
    const cells = sweep.cells(get(side));
    return cells ? `${nprobe} of ${grouped(cells)} cells` : "no cells";
  }
  const efText = (candidates) => `${grouped(candidates)} candidates`;
  function alphaText(alpha) {
    if (alpha) return String(alpha);
    return sweep.active(get(side)) ? "0: passive" : "nothing to do";
  }
  // An edit such as "JPEG 50" is chosen by its kind (JPEG) and then its strength.
  const editsOf = (kind) => about.kinds.find(([candidate]) => candidate === kind)[1];
  const kindOf = (edit) => about.kinds.find(([, edits]) => edits.includes(edit))[0];
  const presentEdits = () => editsOf(kindOf(get(side).edit));
  function chooseKind(kind) {
    const edits = editsOf(kind);
    // The edit of middle strength.
    move({ edit: edits[Math.floor(edits.length / 2)] });
  }
  function strengthText(position) {
    const edits = presentEdits();
    return edits.length > 1 ? edits[position] : "one only";
  }

  const index = groupedSelect("index", about.groups, (factory) => move({ factory }));
  const references = slider("references", axes.references, grouped, (count) => move({ references: count }));
  const nprobe = slider("nprobe", axes.nprobe, nprobeText, (value) => move({ nprobe: value }));
  const efSearch = slider("efSearch", sweep.efforts.ef_search, efText, (value) => move({ ef_search: value }));
  const alpha = slider("alpha", axes.alpha, alphaText, (value) => move({ alpha: value }));
  const steps = select("steps", (count) => move({ steps: Number(count) }));
  const kind = select("edit", chooseKind);
  const strength = slider("strength", [0], strengthText, (position) => move({ edit: presentEdits()[position] }));
  const controls = [index, references, nprobe, efSearch, alpha, steps, kind, strength];
  const node = html(
    "fieldset",
    { className: `ai-side ai-side-${side}` },
    html("legend", {}, `${mark} Setting ${name}`),
    ...controls.map((control) => control.node),
  );

  const stepsOptions = axes.steps.map((count) => [String(count), `${count} (learning rate ${about.code.lr[count]})`]);
  const kindOptions = about.kinds.map(([value]) => [value, value === MEAN ? "Mean of the 14 edits" : value]);
  function draw() {
    const setting = get(side);
    const edits = presentEdits();
    index.set(setting.factory);
    references.set(setting.references);
    nprobe.set(setting.nprobe);
    efSearch.set(setting.ef_search);
    // An index has cells, a graph or neither: one slider at a time.
    const walks = sweep.effort(setting) === "ef_search";
    nprobe.node.hidden = walks;
    efSearch.node.hidden = !walks;
    alpha.set(setting.alpha);
    steps.set(String(setting.steps), stepsOptions);
    kind.set(kindOf(setting.edit), kindOptions);
    strength.set(
      edits.indexOf(setting.edit),
      edits.map((_, position) => position),
    );
    nprobe.input.disabled = !sweep.cells(setting);
    alpha.input.disabled = !sweep.active(setting);
    steps.input.disabled = setting.alpha === 0;
    strength.input.disabled = edits.length < 2;
  }
  return { node, draw };
}

// ---- the table of both settings ----------------------------------------------------------------------------------

const withInterval = (value, low, high) => `${two(value)} [${two(low)}, ${two(high)}]`;
const timesText = (old, now) => (now === old ? "the same" : `× ${few(now / old)}`);
const pictureText = (row) =>
  row.psnr === Infinity ? "unchanged" : `${row.psnr.toFixed(1)} dB, ${row.ssim.toFixed(3)}`;

// Bytes per vector, and those of the whole index.
function sizeText(bytes, references) {
  const megabytes = (bytes * references) / 1e6;
  const total = megabytes < 1 ? `${Math.round(1000 * megabytes)} kB` : `${few(megabytes)} MB`;
  return `${bytes}, ${total}`;
}

function pictureChange(sweep, old, now) {
  if (!sweep.psnrDiffers(old, now)) return "the same";
  if (now.psnr === Infinity) return "A is changed, B is not";
  if (old.psnr === Infinity) return "B is changed, A is not";
  // One decimal: the second one is dropped.
  return `${signed(now.psnr - old.psnr).replace(/\d$/, "")} dB`;
}

const TABLE_ROWS = ["R@1", "uAP", "PSNR, SSIM", "ms per query", "bytes, in all"];

function resultTable() {
  const cells = TABLE_ROWS.map(() => ["ai-a", "ai-b", "ai-change"].map((className) => html("td", { className })));
  const rows = TABLE_ROWS.map((name, row) => html("tr", {}, html("th", { scope: "row" }, name), ...cells[row]));
  const headings = ["what", "○ A", "◆ B", "B against A"].map((text) => html("th", { scope: "col" }, text));
  const node = html(
    "table",
    { className: "ai-table" },
    html("caption", {}, "What both reach and cost, with 95 % intervals; bytes per vector"),
    html("thead", {}, html("tr", {}, ...headings)),
    html("tbody", {}, ...rows),
  );

  function fill(sweep, a, b) {
    const old = sweep.measured(a);
    const now = sweep.measured(b);
    const [gain, low, high] = sweep.gain(a, b);
    const r1Text = (m) => withInterval(m.r1, m.low, m.high);
    const uapText = (m) => withInterval(m.uap, m.uapLow, m.uapHigh);
    const msText = (m) => `${few(m.ms)} ms`;
    const texts = [
      [r1Text(old), r1Text(now), `${signed(gain)} [${signed(low)}, ${signed(high)}]`],
      [uapText(old), uapText(now), signed(now.uap - old.uap)],
      [pictureText(old), pictureText(now), pictureChange(sweep, old, now)],
      [msText(old), msText(now), timesText(old.ms, now.ms)],
      [sizeText(old.bytes, a.references), sizeText(now.bytes, b.references), timesText(old.bytes, now.bytes)],
    ];
    texts.forEach((row, r) =>
      row.forEach((text, c) => {
        cells[r][c].textContent = text;
      }),
    );
    // A bar below R@1, as long as its share.
    [old, now].forEach((m, c) => cells[0][c].style.setProperty("--share", `${100 * m.r1}%`));
  }
  return { node, fill };
}

// ---- the question ------------------------------------------------------------------------------------------------

const editText = (edit) => (edit === MEAN ? "the mean of the 14 edits" : edit);

function answerText({ setting, r1, psnr, ms, bytes }, sweep) {
  const kind = sweep.effort(setting);
  const effort = kind ? `, ${EFFORT_NAMES[kind]} ${setting[kind]}` : "";
  const steps = setting.steps === 1 ? "1 step" : `${setting.steps} steps`;
  const released = setting.alpha ? `alpha ${setting.alpha}, ${steps}` : "passive";
  const reached = `with R@1 ${two(r1)}, ${qualityOf({ psnr })}, ${few(ms)} ms, ${bytes} bytes`;
  return `${setting.factory}${effort}, ${released}, ${reached}.`;
}

function noAnswerText(sweep, a, target) {
  const rows = sweep.all(a.references, a.edit).filter((row) => isWithin(row, target));
  if (!rows.length) return "no setting of the sweep reaches that; no index is that small.";
  const highest = Math.max(...rows.map((row) => row.r1));
  return `no setting of the sweep reaches that; the highest R@1 within these limits is ${two(highest)}.`;
}

// Which is the cheapest setting that reaches the target? draw() returns it, or null.
function question(sweep, get, put) {
  const hundredths = Array.from({ length: 101 }, (_, i) => i / 100);
  const decibels = [0, ...Array.from({ length: 21 }, (_, i) => 30 + i)];
  const sizes = [...new Set(sweep.about.bytes)].sort((one, other) => one - other);
  const move = (change) => put("target", { ...get("target"), ...change });
  const psnrText = (psnr) => (psnr ? `${psnr} dB` : "any");
  const r1 = slider(
    "R@1 at least",
    hundredths,
    (value) => value.toFixed(2),
    (value) => move({ r1: value }),
  );
  const psnr = slider("PSNR at least", decibels, psnrText, (value) => move({ psnr: value }));
  const bytes = select("bytes at most", (value) => move({ bytes: value === "any" ? null : Number(value) }));
  const said = html("p", { className: "ai-answer", "aria-live": "polite" });
  const take = html("button", { type: "button" }, "Take it as B");
  const node = section("Which is the cheapest setting that reaches ...", r1.node, psnr.node, bytes.node, said, take);
  node.className = "ai-ask";
  let answer = null;
  take.addEventListener("click", () => answer && put("b", answer.setting));

  // "any", the sizes of the sweep's indexes, and a size that was set from Python.
  function sizeOptions(present) {
    const isNew = present !== null && !sizes.includes(present);
    const all = isNew ? [...sizes, present] : sizes;
    return [["any", "any"], ...all.map((size) => [String(size), String(size)])];
  }

  function draw() {
    const a = get("a");
    const target = get("target");
    r1.set(target.r1);
    psnr.set(target.psnr);
    bytes.set(target.bytes === null ? "any" : String(target.bytes), sizeOptions(target.bytes));
    answer = sweep.cheapest(a.references, a.edit, target);
    const among = `Among ${grouped(a.references)} references, for ${editText(a.edit)} (as in A): `;
    said.textContent = among + (answer ? answerText(answer, sweep) : noAnswerText(sweep, a, target));
    take.disabled = !answer;
    return answer;
  }
  return { node, draw };
}
