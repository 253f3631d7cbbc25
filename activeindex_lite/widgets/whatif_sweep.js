// The what-if lab's sweep, unpacked: every answer is computed here, as sweeps/whatif.py computes it.

const MEAN = "Mean";
const SETTING_KEYS = ["factory", "references", "nprobe", "ef_search", "alpha", "steps", "edit"];
// Two settings whose times differ by less than this factor take about the same time.
const SAME_TIME = 1.2;
// Room for the rounding of sums that should be equal.
const TINY = 1e-9;

const decodeBytes = (text) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

// The edges of the middle 95 % of sorted values, between neighbours where needed (as numpy's quantile).
function middle95(sorted) {
  return [0.025, 0.975].map((share) => {
    const position = share * (sorted.length - 1);
    const below = Math.floor(position);
    const next = sorted[below + 1] ?? sorted[below];
    return sorted[below] + (position - below) * (next - sorted[below]);
  });
}

// The sweep of `_about` (see whatif_state.py) with its questions. A setting is an object with SETTING_KEYS.
function sweepOf(about) {
  const { axes, edits, releases, originals } = about;
  const hits = decodeBytes(about.hits);
  // How often each original is drawn in each bootstrap sample: rows of `originals` numbers.
  const weights = decodeBytes(about.weights);
  const samples = weights.length / originals;
  // One bit per original, so whole bytes per setting and edit.
  const bytesPerEdit = Math.ceil(originals / 8);
  const paperEdits = edits.slice(0, 14).map((_, position) => position);
  const memory = new Map();

  function remembered(key, compute) {
    if (!memory.has(key)) memory.set(key, compute());
    return memory.get(key);
  }

  const factoryAt = (setting) => axes.factory.indexOf(setting.factory);
  const canActivate = axes.factory.map((_, f) => about.psnr[f].slice(1).some((psnr) => psnr !== null));
  const cells = (setting) => about.nlist[factoryAt(setting)];
  // Which setting of its search an index has: "ef_search" with a graph, "nprobe" with cells, or null.
  function effort(setting) {
    if (about.graphs.includes(setting.factory)) return "ef_search";
    return cells(setting) ? "nprobe" : null;
  }
  // What each setting of a search can be; ef_search 0 is that of an index without a graph.
  const efforts = { nprobe: axes.nprobe, ef_search: axes.ef_search.slice(1) };
  const active = (setting) => canActivate[factoryAt(setting)];

  // Positions of a setting on the axes of the stored arrays: factory, references, search, release.
  function positionsOf(setting) {
    const isItsRelease = ([alpha, steps]) => alpha === setting.alpha && steps === setting.steps;
    // Release 0 is the passive picture, whatever the steps.
    const release = setting.alpha === 0 ? 0 : releases.findIndex(isItsRelease);
    const kind = effort(setting) ?? "nprobe";
    return [
      factoryAt(setting),
      axes.references.indexOf(setting.references),
      efforts[kind].indexOf(setting[kind]),
      release,
    ];
  }

  // For each original: whether its copy is found first (0 or 1), or the share of its 14 copies that are.
  function sharesFound(setting) {
    const [factory, references, search, release] = positionsOf(setting);
    const sizes = [axes.references.length, axes.nprobe.length, releases.length, edits.length];
    let first = 0;
    [factory, references, search, release].forEach((position, axis) => {
      first = (first + position) * sizes[axis];
    });
    const wanted = setting.edit === MEAN ? paperEdits : [edits.indexOf(setting.edit)];
    const counts = new Float64Array(originals);
    for (const edit of wanted) {
      const begin = (first + edit) * bytesPerEdit;
      for (let i = 0; i < originals; i++) {
        const byte = hits[begin + Math.floor(i / 8)];
        counts[i] += (byte >> (i % 8)) & 1;
      }
    }
    return counts.map((count) => count / wanted.length);
  }

  const mean = (values) => values.reduce((sum, value) => sum + value, 0) / originals;

  // The 95 % bootstrap interval of the mean over originals.
  function interval(values) {
    const means = new Float64Array(samples);
    for (let sample = 0; sample < samples; sample++) {
      let sum = 0;
      for (let i = 0; i < originals; i++) sum += weights[sample * originals + i] * values[i];
      means[sample] = sum / originals;
    }
    return middle95(means.sort());
  }

  // What a setting reaches and costs. psnr is Infinity where nothing was changed.
  function measured(setting) {
    return remembered(keyOf(setting), () => {
      const [factory, references, search, release] = positionsOf(setting);
      const shares = sharesFound(setting);
      const [low, high] = interval(shares);
      const [uap, uapLow, uapHigh] = about.uap[factory][references][search][release];
      return {
        r1: mean(shares),
        low,
        high,
        uap,
        uapLow,
        uapHigh,
        psnr: release === 0 ? Infinity : about.psnr[factory][release],
        ssim: about.ssim[factory][release],
        ms: about.ms[factory][references][search],
        bytes: about.bytes[factory],
        nlist: about.nlist[factory],
      };
    });
  }

  // R@1 of b minus R@1 of a, with the interval of the paired difference.
  function gain(a, b) {
    return remembered(`${keyOf(a)} ${keyOf(b)}`, () => {
      const old = sharesFound(a);
      const differences = sharesFound(b).map((share, i) => share - old[i]);
      return [mean(differences), ...interval(differences)];
    });
  }

  // The searches that an index was measured with: objects of nprobe and ef_search.
  function searches(setting) {
    const kind = effort(setting);
    const one = { nprobe: 1, ef_search: 0 };
    return kind ? efforts[kind].map((value) => ({ ...one, [kind]: value })) : [one];
  }

  // Every setting that exists for a number of references and an edit, with what it costs and reaches.
  function all(references, edit) {
    return remembered(`all ${references} ${edit}`, () => {
      const rows = [];
      axes.factory.forEach((factory, f) => {
        const made = canActivate[f] ? releases : releases.slice(0, 1);
        for (const search of searches({ factory })) {
          for (const [alpha, steps] of made) rows.push(costsOf({ factory, references, ...search, alpha, steps, edit }));
        }
      });
      return rows;
    });
  }

  function costsOf(setting) {
    const [factory, references, search, release] = positionsOf(setting);
    return {
      setting,
      r1: mean(sharesFound(setting)),
      psnr: release === 0 ? Infinity : about.psnr[factory][release],
      ms: about.ms[factory][references][search],
      bytes: about.bytes[factory],
    };
  }

  // Whether two PSNR differ enough to mention; NaN, the difference of two infinite ones, is no difference.
  const psnrDiffers = (old, now) => Math.abs(now.psnr - old.psnr) > about.same_psnr;

  function cheapest(references, edit, target) {
    const rows = all(references, edit).filter((row) => isEnough(row, target));
    return rows.sort(byCost)[0] || null;
  }

  // The setting as the sweep has it: nprobe 1 without cells, ef_search 0 without a graph, no activation where nothing
  // is gained.
  function settled(setting) {
    const kind = effort(setting);
    return {
      ...setting,
      nprobe: kind === "nprobe" ? setting.nprobe : 1,
      ef_search: kind === "ef_search" ? setting.ef_search || efforts.ef_search[0] : 0,
      alpha: active(setting) ? setting.alpha : 0,
    };
  }

  return { about, axes, efforts, effort, searches, measured, gain, all, psnrDiffers, cheapest, settled, active, cells };
}

const keyOf = (setting) => SETTING_KEYS.map((key) => setting[key]).join();

function isWithin(row, target) {
  return row.psnr >= target.psnr && row.bytes <= (target.bytes ?? Infinity);
}

function isEnough(row, target) {
  return row.r1 >= target.r1 - TINY && isWithin(row, target);
}

// The cheaper row first: by time, then by bytes; among equals, the better picture, then the higher R@1.
function byCost(one, other) {
  // Two infinite PSNR have no difference that is a number.
  const quality = one.psnr === other.psnr ? 0 : other.psnr - one.psnr;
  return one.ms - other.ms || one.bytes - other.bytes || quality || other.r1 - one.r1;
}
