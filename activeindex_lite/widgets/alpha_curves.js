// The stored curves of the alpha explorer: R@1 over nprobe and over alpha, measured over many pictures.

// With alpha 0 nothing is activated: the evidence is then that of the published alpha.
const ALPHA_SHOWN = 3;

// The two curves of the stored grid: R@1 over nprobe, passive and at the nearest stored alpha, and R@1 over alpha.
function gridPart() {
  const overNprobe = canvas("", 220);
  const overAlpha = canvas("", 220);
  const nprobeTitle = html("h2");
  const alphaTitle = html("h2");
  const note = html("p", { className: "ai-note" });
  const summary = html("summary");
  const charts = html(
    "div",
    { className: "ai-two" },
    html("section", {}, nprobeTitle, overNprobe),
    html("section", {}, alphaTitle, overAlpha),
  );
  const node = html("details", { className: "aa-fold" }, summary, charts, note);
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

  // The evidence in one line, at the stored alpha that is nearest.
  function evidence(about, grid, { alpha, index }, nprobe) {
    if (!grid.length) return `How often it works: no curves are stored for ${index}`;
    const rows = grid.filter((row) => row.nprobe === nprobe);
    const alphas = rows.map((row) => row.alpha);
    const near = rows[nearestPosition(alphas, alpha || ALPHA_SHOWN)];
    const passive = rows[alphas.indexOf(0)];
    const at = nprobes(grid) > 1 ? `, nprobe ${nprobe}` : "";
    const [over] = about.measured.split(" among");
    const nearest = alpha && near.alpha !== alpha ? ", the nearest that was measured" : "";
    return (
      `Over ${over} the original is found first (R@1${at}) in ${percent(passive.r1)} of searches; ` +
      `activated (alpha ${near.alpha}${nearest}) in ${percent(near.r1)}`
    );
  }
  const nprobes = (grid) => new Set(grid.map((row) => row.nprobe)).size;

  function draw(about, { release, passive }, nprobe) {
    // The stored curves are those of the published method and its ten steps.
    const grid = about.grid.filter((row) => row.index === release.index);
    summary.textContent = evidence(about, grid, release, nprobe);
    charts.hidden = !grid.length;
    const measured = [...new Set(about.grid.map((row) => row.index))].join(", ");
    note.textContent = grid.length
      ? `Measured once: ${about.measured}, 10 steps. PSNR is the mean over the pictures; the short upright line ` +
        "through a mark is its 95 % interval over pictures."
      : `R@1 over many pictures was measured for ${measured}, and not for this index.`;
    // A closed fold is drawn when it opens.
    if (!grid.length || !node.open) return;
    drawOverNprobe(grid, release.alpha, nprobe, passive.nprobes);
    drawOverAlpha(grid, release.alpha, nprobe, passive.nprobes);
  }
  return { node, draw };
}
