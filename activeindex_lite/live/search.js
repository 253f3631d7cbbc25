// Search among the references of the ready world, in JavaScript: IVF-PQ and PCA with LSH, with what faiss made of them.
// An index is { kind, cells, stored(), anchor(x), losses(x, isMargin), join(x, id), search(x, nprobes),
// measure(x, own), isOwn(x, own), ... }.
// A vector is an array of numbers; sums are taken in double precision.

// As in activation/margin.py and index/rivals.py.
const [TAU, BIT_TAU, CELL_RIVALS, CODE_RIVALS, RIVAL_CELLS] = [0.2, 0.05, 256, 128, 16];

const upToN = (n) => Array.from({ length: n }, (_, i) => i);
const dot = (a, b, atA = 0, atB = 0, n = a.length) => {
  let sum = 0;
  for (let i = 0; i < n; i++) sum += a[atA + i] * b[atB + i];
  return sum;
};
const away = (a, b, atB = 0) => {
  let sum = 0;
  for (let i = 0; i < a.length; i++) sum += (a[i] - b[atB + i]) ** 2;
  return sum;
};
// The positions of the n smallest measures in rising order; of equals, the first comes first.
function smallest(measures, n) {
  const most = measures.slice().sort()[Math.min(n, measures.length) - 1];
  const near = upToN(measures.length).filter((i) => measures[i] <= most);
  return Int32Array.from(near.sort((i, j) => measures[i] - measures[j] || i - j).slice(0, n));
}
// Where a position comes in that order, from 1 on.
const rankOf = (measures, at) =>
  measures.reduce((rank, measure, i) => rank + (measure < measures[at] || (measure === measures[at] && i < at)), 1);

// A function of features that keeps what it made, as long as the feature is kept.
function rememberedOf(work) {
  const known = new WeakMap();
  return (x) => {
    if (!known.has(x)) known.set(x, work(x));
    return known.get(x);
  };
}

// The two nearest of what was seen; of equals, faiss keeps the smaller id first.
function nearestTwo() {
  const best = { ids: [-1, -1], distances: [Infinity, Infinity] };
  const { ids, distances } = best;
  const isBefore = (distance, id, at) => distance < distances[at] || (distance === distances[at] && id < ids[at]);
  best.see = (distance, id) => {
    if (!isBefore(distance, id, 1)) return;
    const at = isBefore(distance, id, 0) ? 0 : 1;
    if (at === 0) [ids[1], distances[1]] = [ids[0], distances[0]];
    [ids[at], distances[at]] = [id, distance];
  };
  return best;
}

// (|x - p_j|^2 - |x - p_i|^2) / T for an own point and its rivals, as forms of x: see border_forms in targets.py.
function borderForms(own, rivals) {
  const d = own.length;
  const spread = Math.max(rivals.reduce((sum, rival) => sum + away(own, rival), 0) / rivals.length, 1e-12);
  const scale = TAU * spread;
  const forms = new Float32Array(rivals.length * (d + 1));
  rivals.forEach((rival, j) => {
    for (let i = 0; i < d; i++) forms[j * (d + 1) + i] = (2 * (own[i] - rival[i])) / scale;
    forms[j * (d + 1) + d] = (dot(rival, rival) - dot(own, own)) / scale;
  });
  return forms;
}

// data: centroids (nlist d), books (M 256 d/M), sizes (nlist), ids and codes (M each) list after list.
function cellsAndCodes({ centroids, books, sizes, ids, codes }, d = 128) {
  const nlist = sizes.length;
  const parts = codes.length / ids.length;
  const width = d / parts;
  const begins = new Int32Array(nlist + 1);
  sizes.forEach((size, cell) => (begins[cell + 1] = begins[cell] + size));
  // A picture of one's own, stored behind all others: { id, cell, code }.
  let joined = null;

  function distancesTo(x) {
    const distances = new Float64Array(nlist);
    for (let cell = 0; cell < nlist; cell++) distances[cell] = away(x, centroids, cell * d);
    return distances;
  }
  function cellOf(x) {
    const distances = distancesTo(x);
    return distances.indexOf(Math.min(...distances));
  }
  const centroid = (cell) => centroids.subarray(cell * d, (cell + 1) * d);

  // The code of x: its cell, and in each part of the residual the nearest word of the codebook.
  const encode = rememberedOf((x) => {
    const cell = cellOf(x);
    const code = upToN(parts).map((m) => {
      const part = upToN(width).map((i) => x[m * width + i] - centroids[cell * d + m * width + i]);
      let [best, nearest] = [0, Infinity];
      for (let word = 0; word < 256; word++) {
        const distance = away(part, books, (m * 256 + word) * width);
        if (distance < nearest) [best, nearest] = [word, distance];
      }
      return best;
    });
    return { cell, code };
  });

  function decode(cell, code, at = 0) {
    const point = Float64Array.from(centroid(cell));
    for (let m = 0; m < parts; m++)
      for (let i = 0; i < width; i++) point[m * width + i] += books[(m * 256 + code[at + m]) * width + i];
    return point;
  }

  // |word|^2 + 2 word centroid for the words of all codebooks, of the cells that were visited.
  const own = [];
  const ownTerms = (cell) => (own[cell] ??= termsOf(centroid(cell), (value, other) => value * (value + 2 * other)));
  // A sum over each word and the numbers of x in its part.
  function termsOf(x, term) {
    const terms = new Float64Array(parts * 256);
    for (let m = 0; m < parts; m++)
      for (let word = 0; word < 256; word++) {
        const at = (m * 256 + word) * width;
        let sum = 0;
        for (let i = 0; i < width; i++) sum += term(books[at + i], x[m * width + i]);
        terms[m * 256 + word] = sum;
      }
    return terms;
  }

  // A scan(cell, constant, see) for x: calls see(distance, id, code, at) for each vector in a cell. constant:
  // |x - centroid|^2. With r = x - centroid, |r - word|^2 is |r|^2 + |word|^2 + 2 word centroid - 2 word x.
  function scanOf(x) {
    const ofX = termsOf(x, (value, other) => -2 * value * other);
    return (cell, constant, see) => {
      const ofCell = ownTerms(cell);
      const distance = (code, at) => {
        let sum = constant;
        for (let m = 0; m < parts; m++) sum += ofCell[m * 256 + code[at + m]] + ofX[m * 256 + code[at + m]];
        return sum;
      };
      for (let i = begins[cell]; i < begins[cell + 1]; i++) see(distance(codes, i * parts), ids[i], codes, i * parts);
      if (joined?.cell === cell) see(distance(joined.code, 0), joined.id, joined.code, 0);
    };
  }

  function search(x, nprobes) {
    const measures = distancesTo(x);
    const order = smallest(measures, Math.max(...nprobes));
    const [best, scan] = [nearestTwo(), scanOf(x)];
    const rank = (cell) => rankOf(measures, cell);
    const found = { ids: [], distances: [], second: [], compared: [], order, rank };
    let [visited, compared] = [0, 0];
    const see = (distance, id) => {
      compared += 1;
      best.see(distance, id);
    };
    for (const nprobe of nprobes) {
      for (; visited < nprobe; visited++) scan(order[visited], measures[order[visited]], see);
      found.ids.push(best.ids[0]);
      found.distances.push(best.distances[0]);
      found.second.push(best.distances[1]);
      found.compared.push(compared);
    }
    return found;
  }

  function losses(x, isMargin) {
    const { cell, code } = encode(x);
    const own = decode(cell, code);
    if (!isMargin) return [{ kind: "distance", forms: Float32Array.from([...own, 0]) }];
    const measures = distancesTo(x);
    const order = smallest(measures, CELL_RIVALS + 1);
    const cells = Array.from(order.subarray(1, CELL_RIVALS + 1), centroid);
    const [near, scan] = [[], scanOf(x)];
    for (const at of order.subarray(0, RIVAL_CELLS))
      scan(at, measures[at], (distance, id, codes_, place) => near.push([distance, id, at, codes_, place]));
    near.sort((a, b) => a[0] - b[0] || a[1] - b[1]);
    const others = near
      .slice(0, CODE_RIVALS + 8)
      .map(([, , at, codes_, place]) => decode(at, codes_, place))
      .filter((point) => away(own, point) > 1e-6)
      .slice(0, CODE_RIVALS);
    const groups = [borderForms(centroid(cell), cells), ...(others.length ? [borderForms(own, others)] : [])];
    return groups.map((forms) => ({ kind: "borders", forms }));
  }

  return {
    kind: "cells",
    cells: nlist,
    stored: () => ids.length + Number(joined !== null),
    centroid,
    distancesTo,
    goal: "its code q(x)",
    measured: "squared distance to its code",
    anchor: (x) => {
      const { cell, code } = encode(x);
      return decode(cell, code);
    },
    cellOf,
    isOwn: (x, own) => cellOf(x) === encode(own).cell,
    parts: () => null,
    measure: (x, own) => {
      const { cell, code } = encode(own);
      return away(x, decode(cell, code));
    },
    join(x, id) {
      joined = x && { id, ...encode(x) };
    },
    search,
    losses,
  };
}

// data: projections (bits d), offsets (bits), codes: bits / 32 words of 32 bits for each reference.
function signs({ projections, offsets, codes }, d = 128) {
  const bits = offsets.length;
  const words = bits / 32;
  let joined = null;
  const rows = upToN(bits).map((j) => projections.subarray(j * d, (j + 1) * d));
  const lengths = rows.map((row) => Math.sqrt(dot(row, row)));
  const values = (x) => rows.map((row, j) => dot(row, x) + offsets[j]);
  const stored = () => codes.length / words + Number(joined !== null);
  const parts = (x) => values(x).map((value) => Number(value >= 0));

  function encode(x) {
    const code = new Uint32Array(words);
    parts(x).forEach((bit, j) => (code[j >> 5] |= bit << (j & 31)));
    return code;
  }

  function count(word) {
    let n = word - ((word >>> 1) & 0x55555555);
    n = (n & 0x33333333) + ((n >>> 2) & 0x33333333);
    return (((n + (n >>> 4)) & 0x0f0f0f0f) * 0x01010101) >>> 24;
  }

  function search(x) {
    const code = encode(x);
    const best = nearestTwo();
    const differing = (other, at) => {
      let sum = 0;
      for (let k = 0; k < words; k++) sum += count(code[k] ^ other[at + k]);
      return sum;
    };
    for (let i = 0; i < codes.length / words; i++) best.see(differing(codes, i * words), i);
    if (joined) best.see(differing(joined.code, 0), joined.id);
    const [[id], [distance, second]] = [best.ids, best.distances];
    return { ids: [id], distances: [distance], second: [second], compared: [stored()], order: null, rank: () => null };
  }

  // The forms of s_j (w_j x + o_j), each divided by divide(j).
  function forms(x, divide) {
    const all = new Float32Array(bits * (d + 1));
    parts(x).forEach((bit, j) => {
      const scale = (bit ? 1 : -1) / divide(j);
      rows[j].forEach((value, i) => (all[j * (d + 1) + i] = scale * value));
      all[j * (d + 1) + d] = scale * offsets[j];
    });
    return all;
  }

  return {
    kind: "bits",
    cells: null,
    stored,
    rows,
    offsets,
    goal: "where its bits point",
    measured: "mean distance to the hyperplanes",
    anchor(x) {
      const direction = new Float64Array(d);
      parts(x).forEach((bit, j) => rows[j].forEach((value, i) => (direction[i] += (bit ? 1 : -1) * value)));
      const length = Math.sqrt(dot(direction, direction));
      return direction.map((value) => value / length);
    },
    isOwn: (x, own) => encode(x).every((word, k) => word === encode(own)[k]),
    parts,
    measure(x, own) {
      const bits_ = parts(own);
      return values(x).reduce((sum, value, j) => sum + ((bits_[j] ? 1 : -1) * value) / lengths[j], 0) / bits;
    },
    join(x, id) {
      joined = x && { id, code: encode(x) };
    },
    search,
    losses: (x, isMargin) =>
      isMargin
        ? [{ kind: "soft", forms: forms(x, (j) => lengths[j] * BIT_TAU) }]
        : [{ kind: "push", forms: forms(x, () => 1) }],
  };
}

// The indexes of a page by name, from base64.
function openIndexes(stored) {
  const floats = (text) => new Float32Array(bytesOf(text).buffer);
  const openers = {
    cells: (data) =>
      cellsAndCodes({
        centroids: floats(data.centroids),
        books: floats(data.books),
        sizes: new Uint16Array(bytesOf(data.sizes).buffer),
        ids: new Uint16Array(bytesOf(data.ids).buffer),
        codes: bytesOf(data.codes),
      }),
    bits: (data) =>
      signs({
        projections: floats(data.projections),
        offsets: floats(data.offsets),
        codes: new Uint32Array(bytesOf(data.codes).buffer),
      }),
  };
  return Object.fromEntries(Object.entries(stored).map(([name, data]) => [name, openers[data.kind](data)]));
}
