// The stored curves of the alpha explorer: R@1 over nprobe and over alpha, measured over many pictures.

// The two curves of the stored grid: R@1 over nprobe, passive and at the nearest stored alpha, and R@1 over alpha.
function gridPart() {
  const overNprobe = canvas("", 220);
  const overAlpha = canvas("", 220);
  const nprobeTitle = html("h2");
  const alphaTitle = html("h2");
  const note = html("p", { className: "ai-note" });
  const node = html(
    "details",
    { className: "aa-fold" },
    html("summary", {}, "How often it works: R@1 over many pictures"),
    html(
      "div",
      { className: "ai-two" },
      html("section", {}, nprobeTitle, overNprobe),
      html("section", {}, alphaTitle, overAlpha),
    ),
    note,
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
    // The stored curves are those of the published method and its ten steps.
    const grid = about.grid.filter((row) => row.index === release.index);
    note.textContent = `Curves: ${about.measured}, 10 steps, measured once; bars are 95 % intervals over pictures.`;
    // An index of one's own has no stored curves.
    node.hidden = !grid.length;
    // A closed fold is drawn when it opens.
    if (!grid.length || !node.open) return;
    drawOverNprobe(grid, release.alpha, nprobe, passive.nprobes);
    drawOverAlpha(grid, release.alpha, nprobe, passive.nprobes);
  }
  return { node, draw };
}
