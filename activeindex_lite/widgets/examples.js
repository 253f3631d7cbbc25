// The example below a result: originals to choose from, and of the chosen one its copy, the first result and why.

// The originals as buttons, with a check mark where the copy is found and a cross where it is lost. onPick(i).
function originalsPart(sources, onPick) {
  const buttons = sources.map((src, i) => {
    const image = html("img", { src, alt: "" });
    const node = html("button", { type: "button", className: "ai-original" }, image, html("span"));
    node.addEventListener("click", () => onPick(i));
    return node;
  });
  const row = html("div", { className: "ai-originals", role: "group" }, ...buttons);
  row.setAttribute("aria-label", "originals");
  const node = html("div", {}, html("p", { className: "ai-note" }, "Choose another original:"), row);
  // hits: a text of 0 and 1, or undefined where it is not known; isThere(i): whether the page has the example.
  function set(present, hits, isThere) {
    buttons.forEach((each, i) => {
      const outcome = hits === undefined ? "" : hits[i] === "1" ? "found" : "lost";
      each.className = `ai-original ${outcome && `ai-is-${outcome}`}`;
      each.lastChild.textContent = { found: "✓", lost: "✗" }[outcome] ?? "";
      each.setAttribute("aria-label", `original ${i + 1}${outcome && `, ${outcome}`}`);
      each.setAttribute("aria-pressed", i === present);
      each.disabled = !isThere(i);
    });
  }
  return { node, set };
}

// Original, copy and first result, with the reason. show(example, about): about is the copy in words.
function examplePart(sourceOf) {
  const parts = ["original", "copy", "first result"].map(captionedPicture);
  const why = html("p", { className: "ai-finding" });
  why.setAttribute("aria-live", "polite");
  const row = html("div", { className: "ai-example" }, ...parts.map((part) => part.node), why);
  function show(example, about) {
    const [original, copy, first] = parts;
    original.image.src = sourceOf(example.original);
    copy.image.src = sourceOf(example.copy);
    first.image.src = sourceOf(example.first);
    copy.text.textContent = about;
    copy.image.alt = about;
    first.text.textContent = example.found ? "✓ found first: the original" : "✗ found first: another picture";
    if (example.why.startsWith("Lost by a tie")) first.text.textContent = "✗ found first: two alike";
    first.image.alt = first.text.textContent;
    first.image.className = example.found ? "ai-right" : "ai-wrong";
    why.textContent = example.why;
  }
  return { node: row, show };
}

// Calls act() once nothing has called for `wait` milliseconds; the last arguments win.
function settled(act, wait) {
  let timer = 0;
  const soon = (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => act(...given), wait);
  };
  soon.cancel = () => clearTimeout(timer);
  return soon;
}
