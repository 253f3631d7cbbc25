// Short explanations in the alpha explorer: words, controls, entries of the legend and marks of the plane that carry
// data-tip show it by mouse, focus and touch.

const GLOSSARY = {
  alpha:
    "How far the pixels may move: 0 leaves the picture as it is, 3 is the published value. With more alpha, copies " +
    "are found more often, and quality (PSNR) falls.",
  feature: "The point that a network gives a picture: a list of numbers. Pictures that look alike get near points.",
  index: "The store of all pictures that may be found: it keeps a code for each, often sorted into cells.",
  code: "What the index keeps of a feature: the point rounded to a few bytes, or to bits.",
  cell: "A region of all points. The index files each code under the cell that its feature lies in.",
  nprobe: "How many cells a search visits, the nearest first. More cells find more, and cost more comparisons.",
  PSNR: "How close the released picture is to the original, in decibels: higher is closer.",
  "squared distance": "The distance between feature and code, times itself: 0 is the same point.",
  hyperplane:
    "A flat border with points on both sides. Each bit of a code says on which side of one hyperplane a point lies.",
  "sub-code": "A vector is cut into parts, each rounded to one of a few kept points. The number of that is a sub-code.",
  "R@1": "The share of searches in which the original is the first result.",
  Hamming: "Two codes made of bits are compared by how many bits differ: the Hamming distance.",
};

// A word with its explanation.
function term(word, key = word) {
  return explained(html("span", { className: "aa-term" }, word), GLOSSARY[key]);
}

// An element that shows a text when it is pointed at, touched or focused; it may be reached by the Tab key.
function explained(node, text) {
  node.dataset.tip = text;
  node.removeAttribute("title");
  node.tabIndex = 0;
  return node;
}

// Let a control's name explain itself.
function explainName({ node }, text) {
  explained(node.querySelector("span"), text).classList.add("aa-term");
}

// Show the tips of everything in `root`, in a box of root's own.
function showTips(root) {
  const node = html("div", { className: "ai-tip aa-tip", hidden: true });
  node.setAttribute("aria-hidden", "true");
  root.append(node);
  const hide = () => (node.hidden = true);
  function show(text, left, top, bottom) {
    const frame = root.getBoundingClientRect();
    node.textContent = text;
    node.hidden = false;
    const above = top - frame.top - node.offsetHeight - 6;
    node.style.left = `${Math.max(0, Math.min(left - frame.left, frame.width - node.offsetWidth))}px`;
    node.style.top = `${top - node.offsetHeight > 6 ? above : bottom - frame.top + 6}px`;
  }
  root.addEventListener("pointerover", ({ target, clientX, clientY }) => {
    const told = target.closest("[data-tip]");
    if (told) show(told.dataset.tip, clientX + 8, clientY - 6, clientY + 12);
    else hide();
  });
  root.addEventListener("focusin", ({ target }) => {
    if (!target.dataset.tip || !target.matches(":focus-visible")) return hide();
    const { left, top, bottom } = target.getBoundingClientRect();
    show(target.dataset.tip, left, top, bottom);
  });
  ["pointerleave", "focusout"].forEach((name) => root.addEventListener(name, hide));
  root.addEventListener("keydown", ({ key }) => key === "Escape" && hide());
}
