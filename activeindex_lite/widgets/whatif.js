// The what-if lab: two settings side by side, curves, the cheapest setting that is enough, a program and a table to take away.
// The whole sweep came once (whatif_sweep.js, with the charts in whatif_charts.js): a move stays in the page.

// ---- the parts of the page ---------------------------------------------------------------------------------------

// A select with groups; options: [[group, [[value, text], ...]], ...].
function groupedSelect(label, groups, onChange) {
  const control = select(label, onChange), input = control.node.querySelector("select");
  input.replaceChildren(...groups.map(([name, options]) => {
    const group = html("optgroup", { label: name });
    group.append(...options.map(([value, text]) => html("option", { value }, text)));
    return group;
  }));
  return { node: control.node, set(present) { input.value = present; } };
}

function sideControls(side, sweep, get, put) {
  const { name } = SIDES[side], { axes, about } = sweep, move = (change) => put(side, sweep.settled({ ...get(side), ...change }));
  const kindOf = (edit) => about.kinds.find(([, names]) => names.includes(edit));
  const index = groupedSelect("index", about.groups, (factory) => move({ factory }));
  const references = slider("references", axes.references, (v) => v.toLocaleString("en"), (v) => move({ references: v }));
  const nprobe = slider("nprobe", axes.nprobe, (v) => (sweep.cells(get(side)) ? `${v} of ${sweep.cells(get(side)).toLocaleString("en")} cells` : "no cells"), (v) => move({ nprobe: v }));
  const alpha = slider("alpha", axes.alpha, (v) => (v ? String(v) : sweep.active(get(side)) ? "0: passive" : "nothing to do"), (v) => move({ alpha: v }));
  const steps = select("steps", (v) => move({ steps: Number(v) })), kind = select("edit", (v) => { const names = about.kinds.find(([k]) => k === v)[1]; move({ edit: names[names.length >> 1] }); });
  const strength = slider("strength", [0], (at) => { const names = kindOf(get(side).edit)[1]; return names.length > 1 ? names[at] : "one only"; }, (at) => move({ edit: kindOf(get(side).edit)[1][at] }));
  const stepsInput = steps.node.querySelector("select");
  const node = html("fieldset", { className: `ai-side ai-side-${side}` }, html("legend", {}, `${side === "a" ? "○" : "◆"} Setting ${name}`),
    ...[index, references, nprobe, alpha, steps, kind, strength].map((control) => control.node));
  return {
    node,
    draw() {
      const s = get(side), [kindName, names] = kindOf(s.edit);
      index.set(s.factory); references.set(s.references); nprobe.set(s.nprobe); alpha.set(s.alpha);
      steps.set(String(s.steps), axes.steps.map((v) => [String(v), `${v} of lr ${about.code.lr[v]}`]));
      kind.set(kindName, about.kinds.map(([k]) => [k, k === MEAN ? "Mean of the 14 edits" : k]));
      strength.set(names.indexOf(s.edit), names.map((_, i) => i));
      nprobe.input.disabled = !sweep.cells(s); alpha.input.disabled = !sweep.active(s);
      stepsInput.disabled = s.alpha === 0; strength.input.disabled = names.length < 2;
    },
  };
}

function resultTable() {
  const cell = (row, className) => row.appendChild(html("td", { className }));
  const rows = ["R@1 [95 % interval]", "uAP [95 % interval]", "PSNR, SSIM", "ms a query", "bytes a vector, in all"].map((name) => {
    const row = html("tr", {}, html("th", { scope: "row" }, name));
    return { row, cells: [cell(row, "ai-a"), cell(row, "ai-b"), cell(row, "ai-change")] };
  });
  const node = html("table", { className: "ai-table" }, html("caption", {}, "What both settings reach and cost"),
    html("thead", {}, html("tr", {}, ...["what", "○ A", "◆ B", "B against A"].map((text) => html("th", { scope: "col" }, text)))),
    html("tbody", {}, ...rows.map(({ row }) => row)));
  function fill(sweep, a, b) {
    const both = [a, b].map(sweep.measured), [old, now] = both, [gain, low, high] = sweep.gain(a, b);
    const put = (at, texts) => texts.forEach((text, i) => { rows[at].cells[i].textContent = text; });
    const size = (m, s) => { const mb = (m.bytes * s.references) / 1e6; return `${m.bytes}, ${mb < 1 ? `${Math.round(1000 * mb)} kB` : `${few(mb)} MB`}`; };
    put(0, [...both.map((m) => `${two(m.r1)} [${two(m.low)}, ${two(m.high)}]`), `${signed(gain)} [${signed(low)}, ${signed(high)}]`]);
    put(1, [...both.map((m) => `${two(m.uap)} [${two(m.uapLow)}, ${two(m.uapHigh)}]`), signed(now.uap - old.uap)]);
    put(2, [...both.map((m) => (m.psnr === Infinity ? "unchanged" : `${m.psnr.toFixed(1)} dB, ${m.ssim.toFixed(3)}`)),
      !(Math.abs(now.psnr - old.psnr) > SAME_PSNR) ? "the same" : Number.isFinite(old.psnr) && Number.isFinite(now.psnr) ? `${signed(now.psnr - old.psnr).replace(/\d$/, "")} dB` : now.psnr === Infinity ? "A is changed, B is not" : "B is changed, A is not"]);
    put(3, [...both.map((m) => `${few(m.ms)} ms`), now.ms === old.ms ? "the same" : `× ${few(now.ms / old.ms)}`]);
    put(4, [size(old, a), size(now, b), now.bytes === old.bytes ? "the same" : `× ${few(now.bytes / old.bytes)}`]);
    both.forEach((m, i) => rows[0].cells[i].style.setProperty("--share", `${100 * m.r1}%`));
  }
  return { node, fill };
}

function question(sweep, get, put) {
  const hundredths = Array.from({ length: 101 }, (_, i) => i / 100), decibels = [0, ...Array.from({ length: 21 }, (_, i) => 30 + i)];
  const move = (change) => put("target", { ...get("target"), ...change });
  const r1 = slider("R@1 at least", hundredths, (v) => v.toFixed(2), (v) => move({ r1: v }));
  const psnr = slider("PSNR at least", decibels, (v) => (v ? `${v} dB` : "any"), (v) => move({ psnr: v }));
  const bytes = select("bytes at most", (v) => move({ bytes: v === "any" ? null : Number(v) }));
  const sizes = [...new Set(sweep.about.bytes)].sort((x, y) => x - y);
  const said = html("p", { className: "ai-answer", "aria-live": "polite" }), take = html("button", { type: "button" }, "Take it as B");
  let answer = null;
  take.addEventListener("click", () => answer && put("b", answer.setting));
  const node = html("section", { className: "ai-ask" }, html("h2", {}, "Which is the cheapest setting that reaches ..."), r1.node, psnr.node, bytes.node, said, take);
  return {
    node,
    draw() {
      const a = get("a"), target = get("target");
      r1.set(target.r1); psnr.set(target.psnr);
      bytes.set(target.bytes === null ? "any" : String(target.bytes), [["any", "any"], ...[...new Set([...sizes, ...(target.bytes === null ? [] : [target.bytes])])].map((v) => [String(v), String(v)])]);
      answer = sweep.cheapest(a.references, a.edit, target);
      const among = `Among ${a.references.toLocaleString("en")} references, for ${a.edit === MEAN ? "the mean of the 14 edits" : a.edit} (as in A): `;
      if (answer) {
        const { setting: s } = answer, probes = sweep.cells(s) ? `, nprobe ${s.nprobe}` : "", released = s.alpha ? `, alpha ${s.alpha}, ${s.steps === 1 ? "1 step" : `${s.steps} steps`}` : ", passive";
        said.textContent = `${among}${s.factory}${probes}${released}, with R@1 ${two(answer.r1)}, ${answer.psnr === Infinity ? "unchanged pictures" : `${answer.psnr.toFixed(1)} dB`}, ${few(answer.ms)} ms, ${answer.bytes} bytes.`;
      } else {
        const rows = sweep.all(a.references, a.edit).filter((row) => row.psnr >= target.psnr && row.bytes <= (target.bytes ?? Infinity));
        said.textContent = `${among}no setting of the sweep reaches that; ` + (rows.length ? `the highest R@1 within these limits is ${two(Math.max(...rows.map((row) => row.r1)))}.` : "no index is that small.");
      }
      take.disabled = !answer;
      return answer;
    },
  };
}

function liveSection(model, stored) {
  const said = html("p", { className: "ai-live", "aria-live": "polite" });
  const count = select("pictures", () => {}), input = count.node.querySelector("select");
  count.set("8", ["4", "8", "16"].map((v) => [v, v]));
  const buttons = ["a", "b"].map((side) => {
    const button = html("button", { type: "button", disabled: Boolean(stored) }, `Measure ${SIDES[side].name} now`);
    button.addEventListener("click", () => {
      buttons.forEach((other) => { other.disabled = true; });
      said.textContent = "Asked the kernel; it answers when it is free ...";
      model.send({ kind: "measure", side, pictures: Number(input.value) });
    });
    return button;
  });
  input.disabled = Boolean(stored);
  return {
    node: html("section", {}, html("h2", {}, "Measure it now"), html("div", { className: "ai-buttons" }, count.node, ...buttons), said),
    draw() {
      const live = model.get("_live") || {};
      said.textContent = live.text || (stored ? "This page has no kernel, so nothing can be measured here: open the notebook for that. All else works." : "Activates, edits and searches in the kernel, with the first of the sweep's originals.");
      if (!stored) buttons.forEach((button) => { button.disabled = Boolean(live.busy); });
    },
  };
}

function exportSection(sweep, get) {
  const which = select("take", () => draw()), text = html("textarea", { readOnly: true, rows: 9, spellcheck: false, "aria-label": "The setting as a Python program" });
  const copied = html("span", { className: "ai-note", "aria-live": "polite" }), input = which.node.querySelector("select");
  const copy = html("button", { type: "button" }, "Copy"), link = html("button", { type: "button" }, "Download every setting, under this edit, as CSV");
  which.set("a", [["a", "setting A"], ["b", "setting B"]]);
  copy.addEventListener("click", () => {
    text.focus(); text.select();
    // A page from disk is not allowed the clipboard of its own, but may copy what is selected.
    copied.textContent = document.execCommand("copy") ? "Copied." : "Selected: copy it with Ctrl-C.";
  });
  link.addEventListener("click", () => {
    const address = URL.createObjectURL(new Blob([csv(sweep, get(input.value).edit)], { type: "text/csv" }));
    html("a", { href: address, download: `whatif ${get(input.value).edit}.csv` }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  });
  function draw() {
    const value = program(sweep.about, get(input.value));
    if (text.value !== value) { text.value = value; copied.textContent = ""; }
  }
  return { node: html("section", {}, html("h2", {}, "Take it away"), html("div", { className: "ai-buttons" }, which.node, copy, link), text, copied), draw };
}

// ---- the widget --------------------------------------------------------------------------------------------------

function render({ model, el }) {
  const stored = model.get("_stored"), get = (name) => model.get(name), sweep = sweepOf(get("_about"));
  const put = (name, value) => { model.set(name, value); model.save_changes(); };
  const sides = ["a", "b"].map((side) => sideControls(side, sweep, get, put));
  const same = html("button", { type: "button" }, "Make B the same as A"), swap = html("button", { type: "button" }, "Swap A and B");
  same.addEventListener("click", () => put("b", { ...get("a") }));
  swap.addEventListener("click", () => { const { ...a } = get("a"); model.set("a", { ...get("b") }); put("b", a); });
  const said = html("p", { className: "ai-finding", "aria-live": "polite" }), differ = html("p", { className: "ai-note" }), table = resultTable();
  const probes = canvas("R@1 over nprobe", 220), alphas = canvas("R@1 over alpha", 220), field = canvas("All settings", 330);
  const asked = question(sweep, get, put), live = liveSection(model, stored), taken = exportSection(sweep, get);
  const problem = html("div", { className: "ai-problem", role: "status" });
  const root = html("div", { className: "ai-explorer ai-whatif" }, problem, html("div", { className: "ai-sides" }, ...sides.map((side) => side.node)),
    html("div", { className: "ai-buttons" }, same, swap, differ), said, table.node,
    html("div", { className: "ai-two" }, html("section", {}, html("h2", {}, "R@1 over nprobe, all else as set"), probes), html("section", {}, html("h2", {}, "R@1 over alpha, all else as set"), alphas)),
    html("div", { className: "ai-two" }, html("div", {}, asked.node, live.node), html("section", {}, html("h2", {}, "Every setting: time and R@1"), field,
      html("p", { className: "ai-note" }, "Among A's references, under A's edit. Green squares are good enough, the star is the cheapest of them."))),
    taken.node, html("p", { className: "ai-note" }, sweep.about.made));

  const over = (setting, key, values) => values.map((v) => { const m = sweep.measured({ ...setting, [key]: v }); return [v, m.r1, m.low, m.high]; });
  const told = (rows) => Object.entries(rows).map(([side, points]) => `${SIDES[side].name}: ${points.map(([v, r1]) => (points.length > 1 ? `${two(r1)} at ${v}` : two(r1))).join(", ")}`).join("; ");
  function drawPair(a, b) {
    const both = { a, b }, { axes } = sweep;
    sides.forEach((side) => side.draw());
    said.textContent = finding(sweep, a, b);
    const keys = KEYS.filter((key) => a[key] !== b[key] && !(key === "steps" && a.alpha * b.alpha === 0));
    differ.textContent = keys.length === 0 ? "A and B are the same." : keys.length === 1 ? `They differ in one thing: ${keys[0]}.` : `They differ in ${keys.length} things at once: ${keys.join(", ")}.`;
    table.fill(sweep, a, b);
    const rows = { probes: {}, alphas: {} };
    for (const side of ["a", "b"]) {
      rows.probes[side] = over(both[side], "nprobe", sweep.cells(both[side]) ? axes.nprobe : [1]);
      rows.alphas[side] = over(both[side], "alpha", sweep.active(both[side]) ? axes.alpha : [0]);
    }
    drawSides(probes, { rows: rows.probes, present: { a: a.nprobe, b: b.nprobe }, log: true, ticks: axes.nprobe.map((v) => [v, String(v)]), label: "nprobe: cells visited" });
    drawSides(alphas, { rows: rows.alphas, present: { a: a.alpha, b: b.alpha }, ticks: axes.alpha.map((v) => [v, v ? String(v) : "0"]), label: "alpha: how far pixels may move (0: passive)" });
    probes.setAttribute("aria-label", `R@1 over nprobe. ${told(rows.probes)}.`);
    alphas.setAttribute("aria-label", `R@1 over alpha. ${told(rows.alphas)}.`);
  }

  let drawn = "";
  function draw() {
    const a = get("a"), b = get("b"), both = { a, b };
    // A move of the question leaves the two settings as they are drawn.
    const now = JSON.stringify([a, b, root.clientWidth, getComputedStyle(root).color]);
    if (drawn !== now) drawPair(a, b);
    drawn = now;
    const answer = asked.draw(), all = sweep.all(a.references, a.edit), target = get("target");
    const shown = ["a", "b"].map((side) => ({ side, setting: both[side] })).filter(({ setting }) => setting.references === a.references && setting.edit === a.edit);
    drawField(field, { rows: all, target, answer, sides: shown, sweep });
    field.setAttribute("aria-label", `Time of a query and R@1 of ${all.length} settings; ${all.filter((row) => sweep.enough(row, target)).length} are good enough.`);
    live.draw();
    taken.draw();
    problem.textContent = get("_error");
  }
  return mount({ model, el, root, problem, watched: ["a", "b", "target", "_live", "_error"], draw });
}

export default { render };
