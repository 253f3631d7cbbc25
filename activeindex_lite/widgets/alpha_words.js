// What the alpha explorer says: its opening, the sentence over the plane, the price of a search, the note, the legend.

const percent = (share) => `${Math.round(100 * share)} %`;
const decibelsOf = (psnr) => (psnr === null ? "unchanged" : `${psnr.toFixed(1)} dB`);

// Who searches, and why.
function openingPart() {
  return html(
    "p",
    { className: "aa-opening" },
    "You own a picture and want to find edited copies of it. A network turns each picture into a point, its ",
    term("feature"),
    "; an ",
    term("index"),
    " stores the original's point rounded, its ",
    term("code"),
    ", and never the release. A search with an edited copy may miss it. So ",
    html("strong", {}, "before release you change the pixels a little"),
    ": the feature walks toward its code.",
  );
}

function foundText(found, at) {
  if (found.first[at]) return "finds the original ✓";
  if (found.ids[at] < 0) return "finds nothing: the visited cells are empty ✗";
  return found.ids[at] === found.truth ? "finds a tie of the original with others ✗" : "finds another picture ✗";
}

// The finding in words: how much changed, and what the searches find that are drawn after the shown step.
function findingText({ release, passive, trail }, at, nprobe, flown, isLive) {
  const stage = trail[at];
  const { edit } = passive;
  if (flown[0] < 1) return `Somebody edits the picture (${edit}): the feature of the copy lands elsewhere.`;
  const where = passive.nprobes.length > 1 ? `With nprobe ${nprobe}` : "Comparing all codes";
  const shown = positionOf(passive, nprobe);
  const original = `${where}, the copy (${edit}) of the original ${foundText(passive, shown)}.`;
  if (!at) return `Step 0: nothing is changed yet. Somebody edits the picture, and a search begins. ${original}`;
  if (stage.psnr === null && stage.found) return `Nothing changed, so both copies are the same. ${original}`;
  const isLast = release.isWhole && at === release.steps;
  const quality = isLast
    ? `PSNR ${decibelsOf(release.psnr)}, at most ${release.linf} grey levels changed.`
    : `After step ${at} of ${release.steps}: PSNR ${decibelsOf(stage.psnr)}.`;
  const wait = isLive ? "The search follows." : "This page has no search after this step.";
  const found = stage.found;
  const active = found ? `The same copy of the release ${foundText(found, positionOf(found, nprobe))}.` : wait;
  return `${quality} ${original} ${active}`;
}

// What a search costs: the cells it visits, and the codes it compares.
function costText({ plane, passive, active }, nprobe) {
  const all = `${grouped(plane.stored)} codes`;
  if (passive.nprobes.length === 1) {
    const close = plane.kind === "bits" ? ", by the bits that differ (Hamming distance)" : "";
    return `No cells, so no nprobe: a search compares every one of the ${all}${close}.`;
  }
  const found = [passive, ...(active ? [active] : [])];
  const counts = [...new Set(found.map(({ compared }) => compared[positionOf(passive, nprobe)]))];
  const visits = nprobe === 1 ? "its nearest cell" : `its ${nprobe} nearest cells`;
  const seen = Math.max(...found.map(({ ranks }) => ranks.filter((rank) => rank > 0 && rank <= nprobe).length));
  const outside = seen < nprobe ? ` (at most ${seen} cross this picture)` : "";
  return `Each copy's search visits ${visits}${outside} and compares ${counts.map(grouped).join(" or ")} of ${all}.`;
}

const isWrongSide = (found) => found.inside !== null && found.drawn !== found.inside;

// What is true of the drawing, and what is not.
function noteText({ plane, trail, release }, at) {
  const last = trail.length - 1;
  const [before, now] = [trail[Math.max(last - 1, 0)].measure, trail[last].measure];
  const isBack = plane.kind === "bits" ? now < before : now > before;
  const isLast = at > 0 && at === last && release.isWhole && release.psnr !== null;
  const hop = "The last step hops back a little: the saved picture is clipped and rounded to 8 bits. ";
  const ring = " A dashed ring marks a point that is really on the other side of the green border.";
  return (
    `${isLast && isBack ? hop : ""}This is a flat cut through ${plane.dimensions} dimensions; points beside it are ` +
    `dropped onto it, and look nearer than they are.${plane.kind === "none" ? "" : ring}`
  );
}

// ---- the legend --------------------------------------------------------------------------------------------------

const veil = (colour, share) => `color-mix(in srgb, ${colour} ${share}%, transparent)`;

function regionItems(kind) {
  const own = { area: true, colour: veil(GREEN, 10), edge: GREEN };
  const border = { line: true, colour: GREY };
  if (kind === "cells") {
    return [
      { text: "its cell", ...own, tip: "The cell that the code of the original is filed in." },
      { text: "visited by a search", area: true, colour: veil(SKY, 28), tip: "Cells whose codes are compared." },
      { text: "its cell, visited", ...own, colour: veil(`color-mix(in srgb, ${SKY} 72%, ${GREEN})`, 35) },
      { text: "borders of cells", ...border, tip: GLOSSARY.cell },
    ];
  }
  if (kind === "sub-codes") {
    return [
      { text: "the same code", ...own, tip: "All points that are rounded to the code of the original." },
      { text: "a sub-code changes", ...border, tip: GLOSSARY["sub-code"] },
    ];
  }
  if (kind !== "bits") return [];
  return [
    { text: "the same bits", ...own, tip: "All points that have the bits of the original." },
    { text: "a hyperplane: one bit flips", ...border, tip: GLOSSARY.hyperplane },
    { text: "deeper inside", line: true, dash: [1, 4], colour: GREEN, tip: "Away from all hyperplanes." },
  ];
}

function legendItems({ kind }) {
  const goal = kind === "bits" ? [] : [{ text: "its code", shape: "star", colour: GREEN, tip: GLOSSARY.code }];
  return [
    { text: "original", shape: "circle", filled: false, tip: "The feature of the original picture, x." },
    { text: "released", shape: "diamond", colour: BLUE, tip: "The feature of the picture that you release." },
    { text: "its walk, step by step", line: true, tip: "Where the feature was after each step." },
    ...goal,
    { text: "edit of the original", line: true, dash: [8, 4], colour: ORANGE, tip: "What the edit does to x." },
    { text: "its copy (passive)", shape: "cross", colour: ORANGE, tip: "The feature of the edited original." },
    { text: "edit of the release", line: true, colour: BLUE, tip: "What the same edit does to the released feature." },
    { text: "its copy (activated)", shape: "cross", colour: BLUE, tip: "The feature of the edited release." },
    ...regionItems(kind),
  ];
}
