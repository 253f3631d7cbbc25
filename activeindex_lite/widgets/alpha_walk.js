// The walk of the alpha explorer: where activation takes the feature, seen from the original and from its target.

// Points are [along, across]: along runs from the original x (0) to the target (release.length), so that every point
// has its true distance from both.
function drawWalk(node, release, passive, active) {
  const sheet = startDrawing(node);
  const { pen, width, ink } = sheet;
  const original = [0, 0];
  const target = [release.length, 0];
  const points = [original, target, ...release.walk, passive.place, active.place];
  const { toPixels, baseline } = walkScale(sheet, points, release.length);
  drawAcross(pen, 12, width - 12, baseline, { colour: GREY });
  for (const { place, colour, dash } of [
    { place: passive.place, colour: ORANGE, dash: [6, 4] },
    { place: active.place, colour: BLUE, dash: [2, 3] },
  ]) {
    drawLine(pen, [toPixels(place), toPixels(target)], { colour, dash, width: 1.5 });
  }
  drawLine(pen, release.walk.map(toPixels), { colour: ink, width: 2 });
  const steps = release.walk.slice(0, -1);
  steps.forEach((step) => drawMark(pen, "circle", ...toPixels(step), 2, ink, true));
  drawMark(pen, "circle", ...toPixels(original), 6, ink, false);
  drawMark(pen, "circle", ...toPixels(release.walk.at(-1)), 6, ink, true);
  drawMark(pen, "star", ...toPixels(target), 8, GREEN, true);
  drawMark(pen, "circle", ...toPixels(passive.place), 7, ORANGE, false);
  drawMark(pen, "diamond", ...toPixels(active.place), 6, BLUE, true);
  drawText(pen, "original x", toPixels(original)[0], baseline + 22, { align: "center" });
  drawText(pen, release.goal, toPixels(target)[0], baseline + 22, { align: "center", colour: GREEN, bold: true });

  const distance = ([along, across]) => ((along - release.length) ** 2 + across ** 2).toFixed(2);
  const passiveIsLeft = passive.place[0] <= active.place[0];
  const passiveNote = { text: `passive copy: ${distance(passive.place)}`, colour: ORANGE, leftward: passiveIsLeft };
  const activeNote = { text: `activated copy: ${distance(active.place)}`, colour: BLUE, leftward: !passiveIsLeft };
  drawNote(sheet, toPixels(passive.place), passiveNote);
  drawNote(sheet, toPixels(active.place), activeNote);
  node.setAttribute(
    "aria-label",
    `The walk. Squared distance to ${release.goal}: original ${distance(original)}, ` +
      `released picture ${distance(release.walk.at(-1))}, passive copy ${distance(passive.place)}, ` +
      `activated copy ${distance(active.place)}.`,
  );
}

// How points become pixels: one scale for both directions, with room for the notes at the sides and the names below.
function walkScale({ width, height }, points, length) {
  const left = Math.min(...points.map(([along]) => along));
  const right = Math.max(...points.map(([along]) => along));
  const top = Math.max(...points.map(([, across]) => across), 0.3 * length);
  const scale = Math.min((width - 150) / (right - left), (height - 84) / top);
  const start = (width - scale * (right - left)) / 2 - scale * left;
  const baseline = height - 44;
  return { baseline, toPixels: ([along, across]) => [start + scale * along, baseline - scale * across] };
}

// A note beside its mark, on the side away from the other copy where there is room for it, else above the mark.
function drawNote({ pen, width, paper }, [x, y], { text, colour, leftward }) {
  const style = { colour, halo: paper, bold: true };
  const hasRoom = leftward ? x > 140 : x < width - 150;
  if (!hasRoom) {
    const inside = Math.min(Math.max(x, 75), width - 75);
    drawText(pen, text, inside, y - 13, { ...style, align: "center" });
  } else if (leftward) {
    drawText(pen, text, x - 14, y + 4, { ...style, align: "right" });
  } else {
    drawText(pen, text, x + 14, y + 4, { ...style, align: "left" });
  }
}
