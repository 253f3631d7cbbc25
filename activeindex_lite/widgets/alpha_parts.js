// The parts of the alpha explorer beside the plane: pictures, code strips and the legend.

// The original, what would be released after the shown step, and their difference.
function picturesPart() {
  const original = captionedPicture("original");
  const released = captionedPicture("released");
  const difference = captionedPicture("difference × 10");
  const [psnr, measure] = [html("strong"), html("strong")];
  const [measured, meaning] = [html("span"), html("span")];
  const numbers = html(
    "p",
    { className: "aa-numbers" },
    html("span", {}, term("PSNR"), " ", psnr, meaning),
    html("span", {}, measured, ": ", measure),
  );
  let shownKind;
  function setMeasure(kind) {
    if (kind === shownKind) return;
    shownKind = kind;
    const words =
      kind === "bits"
        ? ["Mean distance to its ", term("hyperplanes", "hyperplane")]
        : [term("Squared distance", "squared distance"), " to its code"];
    measured.replaceChildren(...words);
  }
  const pictures = html("div", { className: "aa-pictures" }, original.node, released.node, difference.node);
  const node = html("div", {}, pictures, numbers);
  // Of a page without a kernel, not every step has its picture: the caption says which step's is shown.
  const nearestShown = (trail, number) =>
    trail.slice(0, number + 1).findLast((stage) => stage.picture) ?? trail.find((stage) => stage.picture);
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
    const which = isLast || !shown || shown.number === at ? "" : `, step ${shown.number}`;
    show(original, source, "the original picture", "original");
    const picture = isLast ? release.picture : (shown?.picture ?? source);
    show(released, picture, `released: ${quality} from the original`, `released${which}`);
    show(difference, shown?.difference ?? GREY_PIXEL, "ten times the difference of both", `difference × 10${which}`);
    const [start, now] = [trail[0].measure, stage.measure];
    psnr.textContent = stage.psnr === null ? "–" : quality;
    meaning.textContent = stage.psnr === null ? " (nothing changed)" : " (higher: closer to the original)";
    setMeasure(plane.kind);
    const digits = plane.kind === "bits" ? 3 : 2;
    measure.textContent = at ? `${start.toFixed(digits)} → ${now.toFixed(digits)}` : start.toFixed(digits);
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

// The legend, whose entries explain themselves.
function legendPart() {
  const { node, set } = legend();
  let listed = "";
  function draw(items) {
    const asked = JSON.stringify(items);
    // An entry that is replaced would lose the focus.
    if (asked === listed) return;
    listed = asked;
    set(items);
    items.forEach(({ tip }, i) => tip && explained(node.children[i], tip));
  }
  return { node, draw };
}
