// The compute core as an object: features, gradients and activation of one picture, in a worker or in Node. Pictures
// are { width, height, pixels }, pixels an array of RGBA bytes; features are Float32Arrays of 128 numbers.

const FEATURE = 128;
const LONGEST = 512;
// Kinds of losses, in the order of descent.c.
const LOSSES = ["distance", "push", "borders", "soft"];

const bytesOf = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));

// Half precision to float32.
function halves(bytes) {
  const from = new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
  const numbers = new Float32Array(from.length);
  const bits = new Uint32Array(numbers.buffer);
  for (let i = 0; i < from.length; i++) {
    const [sign, exponent, rest] = [(from[i] & 0x8000) << 16, (from[i] >> 10) & 31, from[i] & 1023];
    if (exponent) bits[i] = sign | ((exponent + 112) << 23) | (rest << 13);
    else numbers[i] = (sign ? -1 : 1) * rest * 2 ** -24;
  }
  return numbers;
}

// The binary that this browser runs: { bytes, kind }, or null where it has no SIMD.
function runnable(binaries) {
  for (const kind of ["relaxed", "simd"]) {
    const bytes = bytesOf(binaries[kind]);
    if (typeof WebAssembly === "object" && WebAssembly.validate(bytes)) return { bytes, kind };
  }
  return null;
}

// bytes: the binary; network: { layers, weights, mean, std, luma } with layers a flat array of numbers and weights a
// Float32Array.
async function startCore(bytes, { layers, weights, mean, std, luma }) {
  const { instance } = await WebAssembly.instantiate(bytes, {});
  const lib = instance.exports;
  lib._initialize();
  // Memory may grow with every allocation, which takes away views that were made before.
  const view = (Kind, at, size) => new Kind(lib.memory.buffer, at, size);
  const placed = (array) => {
    const at = lib.allocate(array.byteLength);
    view(array.constructor, at, array.length).set(array);
    return at;
  };
  const [rowsAt, weightsAt] = [placed(Int32Array.from(layers)), placed(weights)];
  lib.network_begin(rowsAt, layers.length / 10, weightsAt);
  const settings = () => view(Float32Array, lib.settings_buffer(), 12);
  settings().set([...mean, ...std, ...luma, 1, 1, 1]);
  const feature = (at) => view(Float32Array, at, FEATURE).slice();

  function put({ width, height, pixels }) {
    if (Math.max(width, height) > LONGEST) {
      throw new Error(`the picture has ${width} x ${height} pixels: expected at most ${LONGEST} on a side`);
    }
    view(Uint8Array, lib.bytes_buffer(), pixels.length).set(pixels);
  }

  function featureOf(picture) {
    put(picture);
    return feature(lib.feature_of(picture.width, picture.height));
  }

  // losses: a list of { kind, forms } with forms a Float32Array of 129 numbers each, see descent.c.
  function setLoss(losses) {
    lib.clear_loss();
    let at = lib.forms_buffer();
    for (const { kind, forms } of losses) {
      view(Float32Array, at, forms.length).set(forms);
      lib.add_loss(LOSSES.indexOf(kind), forms.length / (FEATURE + 1));
      at += forms.byteLength;
    }
  }

  // The original that the core holds, with its perceptual model.
  let taken = null;
  // Begin to activate: { picture, alpha, shares, losses, noise }, noise three random numbers per pixel.
  function begin({ picture, alpha, shares, losses, noise }) {
    settings().set(shares, 9);
    if (taken !== picture) {
      put(picture);
      lib.take_original(picture.width, picture.height);
      taken = picture;
    }
    lib.begin(picture.width, picture.height, alpha);
    const delta = view(Float32Array, lib.delta_buffer(), 3 * picture.width * picture.height);
    for (let i = 0; i < delta.length; i++) delta[i] = 1e-6 * noise[i];
    setLoss(losses);
  }

  // A step of a begun activation: { feature, loss } before it.
  function step({ lr, lambda = 1, isWhole }) {
    const before = feature(lib.step(lr, lambda, Number(isWhole)));
    return { feature: before, loss: lib.last_loss() };
  }

  // What would be released now: { picture, mse }, mse in grey levels squared.
  function release({ width, height }) {
    const mse = lib.release();
    return {
      picture: { width, height, pixels: view(Uint8Array, lib.bytes_buffer(), 4 * width * height).slice() },
      mse,
    };
  }

  // For tests: the gradient with respect to delta at the present point.
  function look(numbers, lambda = 1) {
    const before = feature(lib.look(lambda));
    return {
      feature: before,
      loss: lib.last_loss(),
      gradient: view(Float32Array, lib.gradient_buffer(), numbers).slice(),
    };
  }

  return { featureOf, setLoss, begin, step, release, look };
}
