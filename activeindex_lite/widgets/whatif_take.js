// The what-if lab: measuring a setting anew, and what one takes away: a program, and every setting as CSV.

const NO_KERNEL = "This page has no kernel to measure with: open the notebook for that. Everything else works here.";
const HOW_MEASURED = "The kernel activates, edits and searches with the first originals of the sweep.";

// Buttons that let the kernel measure a setting anew; a page without a kernel cannot.
function liveSection(model, sweep, stored) {
  const said = html("p", { className: "ai-live", "aria-live": "polite" });
  const count = select("pictures", () => {});
  const counts = sweep.about.pictures.map(String);
  count.set(
    counts[1],
    counts.map((value) => [value, value]),
  );
  count.input.disabled = Boolean(stored);
  const buttons = ["a", "b"].map((side) => {
    const button = html("button", { type: "button", disabled: Boolean(stored) }, `Measure ${SIDES[side].name} now`);
    button.addEventListener("click", () => measure(side));
    return button;
  });
  function disableButtons(disabled) {
    buttons.forEach((button) => {
      button.disabled = disabled;
    });
  }
  function measure(side) {
    disableButtons(true);
    said.textContent = "Waiting for the kernel ...";
    model.send({ kind: "measure", side, pictures: Number(count.input.value) });
  }
  function draw() {
    const live = model.get("_live") || {};
    said.textContent = live.text || (stored ? NO_KERNEL : HOW_MEASURED);
    if (!stored) disableButtons(Boolean(live.busy));
  }
  const bar = html("div", { className: "ai-buttons" }, count.node, ...buttons);
  return { node: section("Measure it now", bar, said), draw };
}

// Offer text as a file to save.
function download(text, name) {
  const address = URL.createObjectURL(new Blob([text], { type: "text/csv" }));
  html("a", { href: address, download: name }).click();
  // The browser needs the address until it has begun to save.
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

// A setting as a program, and every setting as CSV.
function exportSection(sweep, get) {
  const label = "The setting as a Python program";
  const text = html("textarea", { readOnly: true, rows: 9, spellcheck: false, "aria-label": label });
  const copied = html("span", { className: "ai-note", "aria-live": "polite" });
  const which = select("take", () => draw());
  which.set("a", [
    ["a", "setting A"],
    ["b", "setting B"],
  ]);
  const copy = html("button", { type: "button" }, "Copy");
  copy.addEventListener("click", () => {
    text.focus();
    text.select();
    // Browsers keep the clipboard from a page on a disk, but let it copy what is selected.
    copied.textContent = document.execCommand("copy") ? "Copied." : "Selected: copy it with Ctrl-C.";
  });
  const save = html("button", { type: "button" }, "Download every setting, under this edit, as CSV");
  save.addEventListener("click", () => {
    const { edit } = get(which.input.value);
    download(csv(sweep, edit), `whatif ${edit}.csv`);
  });
  function draw() {
    const value = program(sweep.about, get(which.input.value));
    if (text.value === value) return;
    text.value = value;
    copied.textContent = "";
  }
  const bar = html("div", { className: "ai-buttons" }, which.node, copy, save);
  const node = section("Program and table", bar, text, copied);
  node.className = "ai-taken";
  return { node, draw };
}
