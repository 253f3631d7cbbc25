// The what-if lab's sweep, unpacked: every answer is computed here, as evaluation/whatif.py computes it, and in the same words.
// Python puts this file between parts.js and whatif.js.

const MEAN = "Mean", KEYS = ["factory", "references", "nprobe", "alpha", "steps", "edit"];
// As evaluation/whatif.py has it.
const SAME_PSNR = 0.3;
const SIDES = { a: { name: "A", colour: ORANGE, shape: "circle" }, b: { name: "B", colour: BLUE, shape: "diamond" } };
// Halves away from 0, as Python's side writes them.
const two = (x) => (Math.sign(x) * (Math.abs(x) + 1e-9)).toFixed(2).replace("-0.00", "0.00");
const few = (x) => String(Number(x.toPrecision(2)));
const signed = (x) => (Number(two(x)) < 0 ? two(x).replace("-", "−") : `+${two(x)}`);
const bytesOf = (text) => Uint8Array.from(atob(text), (c) => c.charCodeAt(0));

function sweepOf(about) {
  const { axes, edits, releases, originals: n } = about, hits = bytesOf(about.hits), weights = bytesOf(about.weights);
  const B = Math.ceil(n / 8), [N, P, R, E] = [axes.references.length, axes.nprobe.length, releases.length, edits.length];
  const resamples = weights.length / n, fourteen = edits.slice(0, 14).map((_, e) => e), memory = new Map();
  const active = axes.factory.map((_, f) => about.psnr[f].slice(1).some((v) => v !== null));
  const release = (alpha, steps) => (alpha === 0 ? 0 : releases.findIndex((r) => r[0] === alpha && r[1] === steps));
  const place = (s) => [axes.factory.indexOf(s.factory), axes.references.indexOf(s.references), axes.nprobe.indexOf(s.nprobe), release(s.alpha, s.steps)];

  // Whether original i's copy is found, or its share of the 14 copies.
  function found(s) {
    const [f, m, p, r] = place(s), base = (((f * N + m) * P + p) * R + r) * E, all = s.edit === MEAN ? fourteen : [edits.indexOf(s.edit)];
    const shares = new Float64Array(n);
    for (const e of all) for (let i = 0, at = (base + e) * B; i < n; i++) shares[i] += (hits[at + (i >> 3)] >> (i & 7)) & 1;
    return shares.map((v) => v / all.length);
  }
  const mean = (values) => values.reduce((sum, v) => sum + v, 0) / n;
  function interval(values) {
    const means = new Float64Array(resamples);
    for (let k = 0, at = 0; k < resamples; k++) {
      let sum = 0;
      for (let i = 0; i < n; i++, at++) sum += weights[at] * values[i];
      means[k] = sum / n;
    }
    means.sort();
    return [0.025, 0.975].map((q) => { const x = q * (resamples - 1), k = Math.floor(x); return means[k] + (x - k) * ((means[k + 1] ?? means[k]) - means[k]); });
  }
  function remembered(key, make) {
    if (!memory.has(key)) memory.set(key, make());
    return memory.get(key);
  }
  const keyOf = (s) => KEYS.map((key) => s[key]).join();
  const exists = (f, p, r) => (p === 0 || about.nlist[f] > 0) && (r === 0 || active[f]);

  function measured(s) {
    return remembered(keyOf(s), () => {
      const [f, m, p, r] = place(s), shares = found(s), [low, high] = interval(shares), [uap, uapLow, uapHigh] = about.uap[f][m][p][r];
      return { r1: mean(shares), low, high, uap, uapLow, uapHigh, psnr: r ? about.psnr[f][r] : Infinity, ssim: about.ssim[f][r],
        ms: about.ms[f][m][p], bytes: about.bytes[f], nlist: about.nlist[f] };
    });
  }
  function gain(a, b) {
    return remembered(`${keyOf(a)} ${keyOf(b)}`, () => {
      const old = found(a), difference = found(b).map((v, i) => v - old[i]);
      return [mean(difference), ...interval(difference)];
    });
  }
  // Every setting that exists for a number of references and an edit, with what it costs and reaches.
  function all(references, edit) {
    return remembered(`all ${references} ${edit}`, () => {
      const m = axes.references.indexOf(references), rows = [];
      axes.factory.forEach((factory, f) => axes.nprobe.forEach((nprobe, p) => releases.forEach(([alpha, steps], r) => {
        if (!exists(f, p, r)) return;
        const setting = { factory, references, nprobe, alpha, steps, edit };
        rows.push({ setting, r1: mean(found(setting)), psnr: r ? about.psnr[f][r] : Infinity, ms: about.ms[f][m][p], bytes: about.bytes[f] });
      })));
      return rows;
    });
  }
  const enough = (row, t) => row.r1 >= t.r1 - 1e-9 && row.psnr >= t.psnr && row.bytes <= (t.bytes ?? Infinity);
  function cheapest(references, edit, target) {
    const rows = all(references, edit).filter((row) => enough(row, target));
    const order = (x, y) => x.ms - y.ms || x.bytes - y.bytes || (x.psnr === y.psnr ? 0 : y.psnr - x.psnr) || y.r1 - x.r1;
    return rows.sort(order)[0] || null;
  }
  // The setting as the sweep has it: no probes without cells, no activation where nothing is quantized.
  function settled(s) {
    const f = axes.factory.indexOf(s.factory);
    return { ...s, nprobe: about.nlist[f] ? s.nprobe : 1, alpha: active[f] ? s.alpha : 0 };
  }
  return { about, axes, measured, gain, all, enough, cheapest, settled, active: (s) => active[axes.factory.indexOf(s.factory)],
    cells: (s) => about.nlist[axes.factory.indexOf(s.factory)] };
}

function finding(sweep, a, b) {
  const old = sweep.measured(a), now = sweep.measured(b), [gain, low, high] = sweep.gain(a, b), span = `95 % interval ${two(low)} to ${two(high)}`;
  let said = `A finds ${two(old.r1)} of the copies first, B ${two(now.r1)}: `;
  if (low > 1e-9 || high < -1e-9) said += `${two(Math.abs(gain))} ${gain > 0 ? "more" : "fewer"} (${span})`;
  else said += low === high ? "the same" : `no clear difference (${span})`;
  const ratio = now.ms / old.ms;
  said += 1 / 1.2 < ratio && ratio < 1.2 ? ", in about the same time" : ratio > 1 ? `, in ${few(ratio)} times the time` : `, in ${two(ratio)} of the time`;
  if (now.bytes !== old.bytes) said += `, with ${now.bytes} instead of ${old.bytes} bytes a vector`;
  const quality = (m) => (m.psnr === Infinity ? "unchanged pictures" : `${m.psnr.toFixed(1)} dB`);
  if (Math.abs(now.psnr - old.psnr) > SAME_PSNR) said += `, ${quality(now)} instead of ${quality(old)}`;
  return `${said}.`;
}

function program(about, setting) {
  const code = about.code, [imports, queries] = code.edits[setting.edit];
  const values = { ...code.values, ...setting, lr: code.lr[setting.steps], queries };
  let text = code.program.replace("<release>", code.release[setting.alpha > 0 ? 1 : 0]).replace("<imports>", imports);
  for (const [name, value] of Object.entries(values)) text = text.replaceAll(`<${name}>`, String(value));
  return text;
}

function csv(sweep, edit) {
  const columns = ["factory", "references", "nprobe", "alpha", "steps", "edit", "r1", "low", "high", "uap", "uap_low", "uap_high", "psnr", "ssim", "ms", "bytes"];
  const quoted = (value) => (/[",]/.test(value) ? `"${value}"` : value === Infinity ? "inf" : typeof value === "number" ? String(Number(value.toPrecision(5))) : value);
  const lines = sweep.axes.references.flatMap((references) => sweep.all(references, edit).map(({ setting }) => {
    const m = sweep.measured(setting), row = { ...setting, ...m, uap_low: m.uapLow, uap_high: m.uapHigh };
    return columns.map((name) => quoted(row[name])).join();
  }));
  return [columns.join(), ...lines].join("\n") + "\n";
}
