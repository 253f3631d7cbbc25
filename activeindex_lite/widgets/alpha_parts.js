// The parts of the alpha explorer beside the plane: pictures, code strips, the sentence, legend and note.

const percent = (share) => `${Math.round(100 * share)} %`;
const decibelsOf = (psnr) => (psnr === null ? "unchanged" : `${psnr.toFixed(1)} dB`);

// The original, what would be released after the shown step, and their difference.
function picturesPart() {
  const original = captionedPicture("original");
  const released = captionedPicture("released");
  const difference = captionedPicture("difference × 10");
  const numbers = html("p", { className: "aa-numbers" });
  const pictures = html("div", { className: "aa-pictures" }, original.node, released.node, difference.node);
  const node = html("div", {}, pictures, numbers);
  // Of a page without a kernel, not every step has its picture.
  const nearestShown = (trail, number) => trail.slice(0, number + 1).findLast((stage) => stage.picture);
  function show({ image, text }, src, alt, caption) {
    if (image.src !== src) image.src = src;
    image.alt = alt;
    text.textContent = caption;
  }
  function draw(source, { trail, release, plane }, at) {
    const stage = trail[at];
    const isLast = at === release.steps && release.isWhole;
    const shown = at === 0 ? null : nearestShown(trail, at);
    const quality = decibelsOf(stage.psnr);
    show(original, source, "the original picture", "original");
    const picture = isLast ? release.picture : (shown?.picture ?? source);
    show(released, picture, `released: ${quality} from the original`, "released");
    show(difference, shown?.difference ?? GREY_PIXEL, "ten times the difference of both", "difference × 10");
    const [start, now] = [trail[0].measure, stage.measure];
    numbers.replaceChildren(
      "PSNR ",
      html("strong", {}, at ? quality : "–"),
      html("br"),
      `${plane.measured[0].toUpperCase()}${plane.measured.slice(1)}: `,
      html("strong", {}, at ? `${start.toFixed(2)} → ${now.toFixed(2)}` : start.toFixed(2)),
    );
  }
  return { node, draw };
}

// One pixel of mid-grey: no difference.
const GREY_PIXEL =
  "data:image/svg+xml," +
  encodeURIComponent(
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><path fill="#808080" d="M0 0h1v1H0Z"/></svg>',
  );

// The codes of LSH and PQ, part by part, of the original and of both copies: which parts an edit changes.
function stripsPart() {
  const node = html("div", { className: "aa-strips" });
  const partsName = (kind) => (kind === "bits" ? "bits" : "sub-codes");
  function strip(name, own, parts, kind, className) {
    const cells = parts.map((part, i) => {
      const isChanged = part !== own[i];
      const look = kind === "bits" ? `aa-bit${part ? " aa-set" : ""}` : "aa-part";
      return html(
        "span",
        { className: `${look}${isChanged ? " aa-changed" : ""}` },
        kind === "bits" ? "" : String(part),
      );
    });
    const changed = parts.filter((part, i) => part !== own[i]).length;
    const said =
      className === "aa-x"
        ? `${parts.length} ${partsName(kind)}`
        : `${changed} of ${parts.length} ${kind === "bits" ? "bits flip" : "sub-codes change"}`;
    const row = html("div", { className: "aa-strip", role: "img", "aria-label": `${name}: ${said}` }, ...cells);
    row.style.gridTemplateColumns = `repeat(${parts.length}, 1fr)`;
    return [html("span", { className: `aa-strip-name ${className}` }, name), row, html("span", {}, said)];
  }
  function draw({ plane, passive, trail }, at) {
    node.hidden = !plane.parts;
    if (node.hidden) return;
    const active = trail.slice(1, at + 1).findLast((stage) => stage.found)?.found;
    node.replaceChildren(
      ...strip("original x", plane.parts, plane.parts, plane.kind, "aa-x"),
      ...strip("copy of the original", plane.parts, passive.parts, plane.kind, "aa-passive-name"),
      ...(active ? strip("copy of the release", plane.parts, active.parts, plane.kind, "aa-active-name") : []),
    );
  }
  return { node, draw };
}

// ---- words -------------------------------------------------------------------------------------------------------

function foundText(found, at) {
  if (found.first[at]) return "finds the original ✓";
  if (found.ids[at] < 0) return "finds nothing: the visited cells are empty ✗";
  return found.ids[at] === found.truth ? "finds a tie of the original with others ✗" : "finds another picture ✗";
}

// The finding in words: how much changed, and what both searches find after the shown step.
function findingText({ release, passive, trail }, at, nprobe) {
  const stage = trail[at];
  const where = passive.nprobes.length > 1 ? `With nprobe ${nprobe}` : "Comparing all codes";
  const shown = positionOf(passive, nprobe);
  const original = `${where}, the copy (${passive.edit}) of the original ${foundText(passive, shown)}.`;
  if (!at) return `Step 0: nothing is changed yet. ${original}`;
  const isLast = release.isWhole && at === release.steps;
  let quality = `After step ${at} of ${release.steps}: PSNR ${decibelsOf(stage.psnr)}.`;
  if (stage.psnr === null) quality = "Nothing changed.";
  else if (isLast) quality = `PSNR ${decibelsOf(release.psnr)}, at most ${release.linf} grey levels changed.`;
  const found = stage.found;
  const active = found
    ? `The same copy of the release ${foundText(found, positionOf(found, nprobe))}.`
    : "The search follows.";
  return `${quality} ${original} ${active}`;
}

const EXACT =
  "x and the copy of the original lie exactly where they are drawn, and so does the activated copy at alpha 3";

// What is true of the drawing, and what is not.
function noteText({ plane, trail, release }, at) {
  const found = trail[at].found;
  const isElsewhere = found && at > 0 && found.inside !== null && found.drawn !== found.inside;
  const really = isElsewhere
    ? ` Really the activated copy is ${found.inside ? "inside" : "outside"} the green region.`
    : "";
  const borders = plane.kind === "none" ? "" : "Borders are exact in this plane: ";
  const kept =
    release.psnr === null || !release.isWhole ? "" : ` (${percent(release.kept)} of the walk's spread lies in it)`;
  return (
    `${borders}${EXACT}. All other points are dropped straight onto it${kept}, so distances to them look shorter ` +
    `than they are.${really}`
  );
}

function legendItems({ kind }) {
  const regions = {
    cells: [
      { text: "its cell", area: true, colour: "transparent", edge: GREEN },
      { text: "cells that a search visits", area: true, colour: SKY },
      { text: "borders of cells", line: true, colour: GREY },
    ],
    "sub-codes": [
      { text: "the same code", area: true, colour: "transparent", edge: GREEN },
      { text: "one sub-code changes", line: true, colour: GREY },
    ],
    bits: [
      { text: "the same bits", area: true, colour: "transparent", edge: GREEN },
      { text: "one bit flips", line: true, colour: GREY },
    ],
    none: [],
  };
  const goal = kind === "bits" ? [] : [{ text: "its code", shape: "star", colour: GREEN }];
  return [
    { text: "original", shape: "circle", filled: false },
    { text: "released", shape: "diamond", colour: BLUE },
    { text: "its walk, step by step", line: true },
    { text: "edited copy of the original (passive)", shape: "cross", colour: ORANGE },
    { text: "edited copy of the release (activated)", shape: "cross", colour: BLUE },
    ...goal,
    ...regions[kind],
  ];
}
