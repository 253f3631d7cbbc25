// The edits of edits/basic.py in JavaScript, number by number as Pillow and scipy make them, on pictures { width,
// height, pixels } of RGBA bytes. Two are the browser's own: JPEG (its encoder) and the caption of the meme (a picture
// that Python made, scaled). Random is not here: it draws from numpy's streams.

const blankPicture = (width, height) => {
  const pixels = new Uint8ClampedArray(4 * width * height);
  for (let i = 3; i < pixels.length; i += 4) pixels[i] = 255;
  return { width, height, pixels };
};

// change(level) of each value, cut off to bytes.
function relevelled({ width, height, pixels }, change) {
  const levels = Array.from({ length: 256 }, (_, level) => Math.trunc(Math.min(Math.max(change(level), 0), 255)));
  const made = blankPicture(width, height);
  for (let i = 0; i < pixels.length; i++) if (i % 4 !== 3) made.pixels[i] = levels[pixels[i]];
  return made;
}

const greyOf = (r, g, b) => (19595 * r + 38470 * g + 7471 * b + 0x8000) >> 16;

// Halves go to the even number, as in Python.
function rounded(value) {
  const down = Math.floor(value);
  return value - down === 0.5 ? down + (down % 2 ? 1 : 0) : Math.round(value);
}

// Pillow mixes in single precision.
const single = Math.fround;
const mixed = (from, level, factor) => single(from + single(single(factor) * (level - from)));

function contrast(picture, factor) {
  let sum = 0;
  const { width, height, pixels } = picture;
  for (let i = 0; i < pixels.length; i += 4) sum += greyOf(pixels[i], pixels[i + 1], pixels[i + 2]);
  const mean = Math.trunc(sum / (width * height) + 0.5);
  return relevelled(picture, (level) => mixed(mean, level, factor));
}

const brightness = (picture, factor) => relevelled(picture, (level) => mixed(0, level, factor));

// Pillow keeps hue and saturation in whole numbers up to 255.
function turned(r, g, b, steps) {
  const [high, low] = [Math.max(r, g, b), Math.min(r, g, b)];
  if (high === low) return [r, g, b];
  // Pillow computes in single precision, and cuts off at the end.
  const toHigh = (value) => single((high - value) / (high - low));
  const [toR, toG, toB] = [toHigh(r), toHigh(g), toHigh(b)];
  const sixth = single(r === high ? single(toB - toG) : g === high ? 2 + toR - toB : 4 + toG - toR);
  const hue = (Math.trunc(single((sixth / 6 + 1) % 1) * 255) + steps + 255) % 255;
  const saturation = single(Math.trunc(single((high - low) / high) * 255) / 255);
  const place = single((hue * 6) / 255);
  const sector = Math.floor(place);
  const rest = single(place - sector);
  if (!saturation) return [high, high, high];
  const lowered = (by) => Math.round(high * (1 - saturation * by));
  const [p, q, t] = [lowered(1), lowered(rest), lowered(1 - rest)];
  switch (sector % 6) {
    case 0:
      return [high, t, p];
    case 1:
      return [q, high, p];
    case 2:
      return [p, high, t];
    case 3:
      return [p, q, high];
    case 4:
      return [t, p, high];
    default:
      return [high, p, q];
  }
}
function hue({ width, height, pixels }, share) {
  const made = blankPicture(width, height);
  const steps = rounded(255 * share);
  for (let i = 0; i < pixels.length; i += 4) made.pixels.set(turned(pixels[i], pixels[i + 1], pixels[i + 2], steps), i);
  return made;
}

// out(line, i) sums weights[j] times the numbers at positions[i][j] of a line, first across and then down.
function alongLines({ width, height }, values, weights, at) {
  // Sums in double precision, kept in single, as scipy does.
  const made = new Float32Array(values.length);
  const reach = (weights.length - 1) / 2;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      let [r, g, b] = [0, 0, 0];
      for (let j = 0; j < weights.length; j++) {
        const from = 3 * at(x, y, j - reach);
        r += weights[j] * values[from];
        g += weights[j] * values[from + 1];
        b += weights[j] * values[from + 2];
      }
      const to = 3 * (y * width + x);
      made[to] = r;
      made[to + 1] = g;
      made[to + 2] = b;
    }
  return made;
}

function blur(picture, sigma) {
  const { width, height, pixels } = picture;
  const radius = rounded((sigma - 0.8) / 0.3) + 1;
  const raw = Array.from({ length: 2 * radius + 1 }, (_, j) => Math.exp(-((j - radius) ** 2) / (2 * sigma ** 2)));
  const total = raw.reduce((a, b) => a + b);
  const weights = raw.map((weight) => weight / total);
  const mirror = (i, n) => {
    if (n === 1) return 0;
    const place = Math.abs(i) % (2 * n - 2);
    return Math.min(place, 2 * n - 2 - place);
  };
  let values = Float64Array.from({ length: 3 * width * height }, (_, i) => pixels[4 * Math.trunc(i / 3) + (i % 3)]);
  values = alongLines(picture, values, weights, (x, y, j) => mirror(y + j, height) * width + x);
  values = alongLines(picture, values, weights, (x, y, j) => y * width + mirror(x + j, width));
  const made = blankPicture(width, height);
  // Uint8ClampedArray rounds halves to the even number, as numpy does.
  values.forEach((value, i) => (made.pixels[4 * Math.trunc(i / 3) + (i % 3)] = value));
  return made;
}

// Counter-clockwise by an angle in degrees; the canvas grows, bilinear, black outside.
function rotation(picture, degrees) {
  const whole = ((degrees % 360) + 360) % 360;
  if (whole % 90 === 0) return Array.from({ length: whole / 90 }).reduce((turning) => quarterTurn(turning), picture);
  const { width, height, pixels } = picture;
  const angle = (-whole * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)].map((value) => Math.round(value * 1e15) / 1e15);
  const map = (x, y, dx, dy) => [cos * x + sin * y + dx, -sin * x + cos * y + dy];
  const [fromX, fromY] = map(-width / 2, -height / 2, width / 2, height / 2);
  const corners = [
    [0, 0],
    [width, 0],
    [width, height],
    [0, height],
  ].map(([x, y]) => map(x, y, fromX, fromY));
  const span = (k) => {
    const values = corners.map((corner) => corner[k]);
    return Math.ceil(Math.max(...values)) - Math.floor(Math.min(...values));
  };
  const made = blankPicture(span(0), span(1));
  const [startX, startY] = map(-(made.width - width) / 2, -(made.height - height) / 2, fromX, fromY);
  const clip = (i, n) => Math.min(Math.max(i, 0), n - 1);
  for (let v = 0; v < made.height; v++)
    for (let u = 0; u < made.width; u++) {
      let [x, y] = map(u + 0.5, v + 0.5, startX, startY);
      if (x < 0 || x >= width || y < 0 || y >= height) continue;
      [x, y] = [x - 0.5, y - 0.5];
      const [left, top] = [Math.floor(x), Math.floor(y)];
      const [rowA, rowB] = [clip(top, height) * width, clip(top + 1, height) * width];
      const [columnA, columnB] = [clip(left, width), clip(left + 1, width)];
      const across = (row, c) =>
        pixels[4 * (row + columnA) + c] * (1 - x + left) + pixels[4 * (row + columnB) + c] * (x - left);
      for (let c = 0; c < 3; c++)
        made.pixels[4 * (v * made.width + u) + c] = Math.trunc(
          across(rowA, c) * (1 - y + top) + across(rowB, c) * (y - top),
        );
    }
  return made;
}

function quarterTurn({ width, height, pixels }) {
  const made = blankPicture(height, width);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let c = 0; c < 3; c++) made.pixels[4 * ((width - 1 - x) * height + y) + c] = pixels[4 * (y * width + x) + c];
  return made;
}

function cropped({ width, height, pixels }, left, top, wide, high) {
  const made = blankPicture(wide, high);
  for (let y = 0; y < high; y++) {
    const from = 4 * ((top + y) * width + left);
    made.pixels.set(pixels.subarray(from, from + 4 * wide), 4 * y * wide);
  }
  return made;
}
const sidesOf = ({ width, height }, area) =>
  [width, height].map((side) => Math.max(1, rounded(side * Math.sqrt(area))));
function crop(picture, area) {
  const [wide, high] = sidesOf(picture, area);
  return cropped(picture, (picture.width - wide) >> 1, (picture.height - high) >> 1, wide, high);
}

// Bilinear with antialiasing, in whole numbers of 2^-22 as Pillow has them: rows first, then columns.
function resizeTo({ width, height, pixels }, wide, high) {
  const plan = (from, to) =>
    Array.from({ length: to }, (_, i) => {
      const [scale, reach] = [from / to, Math.max(from / to, 1)];
      const centre = scale * (i + 0.5);
      const [low, up] = [
        Math.max(Math.trunc(centre - reach + 0.5), 0),
        Math.min(Math.trunc(centre + reach + 0.5), from),
      ];
      const raw = Array.from({ length: up - low }, (_, j) =>
        Math.max(1 - Math.abs((low + j - centre + 0.5) / reach), 0),
      );
      const total = raw.reduce((a, b) => a + b);
      return { low, weights: raw.map((weight) => Math.trunc(0.5 + (weight / total) * 2 ** 22)) };
    });
  const summed = (bytes, { low, weights }, at) => {
    let sum = 2 ** 21;
    for (let j = 0; j < weights.length; j++) sum += weights[j] * bytes[at(low + j)];
    return Math.floor(sum / 2 ** 22);
  };
  const narrow = blankPicture(wide, height);
  const made = blankPicture(wide, high);
  plan(width, wide).forEach((sums, x) => {
    for (let y = 0; y < height; y++)
      for (let c = 0; c < 3; c++)
        narrow.pixels[4 * (y * wide + x) + c] = summed(pixels, sums, (i) => 4 * (y * width + i) + c);
  });
  plan(height, high).forEach((sums, y) => {
    for (let x = 0; x < wide; x++)
      for (let c = 0; c < 3; c++)
        made.pixels[4 * (y * wide + x) + c] = summed(narrow.pixels, sums, (i) => 4 * (i * wide + x) + c);
  });
  return made;
}

// captions: pictures of the band that Python drew above pictures of several shapes.
function meme(picture, captions) {
  const band = Math.max(1, Math.round(picture.height / 4));
  const unlike = ({ width, height }) => Math.abs(Math.log((width * band) / (height * picture.width)));
  const caption = captions.reduce((best, one) => (unlike(one) < unlike(best) ? one : best));
  const made = blankPicture(picture.width, picture.height + band);
  made.pixels.set(resizeTo(caption, picture.width, band).pixels);
  made.pixels.set(picture.pixels, 4 * picture.width * band);
  return made;
}

// ---- the browser's own ---------------------------------------------------------------------------------------------

function sheetOf({ width, height, pixels }) {
  const sheet = new OffscreenCanvas(width, height);
  sheet.getContext("2d").putImageData(new ImageData(new Uint8ClampedArray(pixels), width, height), 0, 0);
  return sheet;
}

async function opened(blob) {
  const bitmap = await createImageBitmap(blob);
  const pen = new OffscreenCanvas(bitmap.width, bitmap.height).getContext("2d", { willReadFrequently: true });
  pen.drawImage(bitmap, 0, 0);
  const { width, height, data } = pen.getImageData(0, 0, bitmap.width, bitmap.height);
  bitmap.close();
  return { width, height, pixels: data };
}

const jpeg = async (picture, quality) =>
  opened(await sheetOf(picture).convertToBlob({ type: "image/jpeg", quality: quality / 100 }));

// By the names of Python's edit_named: the families of DIALS take a strength.
const FAMILIES = {
  Contrast: contrast,
  Brightness: brightness,
  Hue: hue,
  Blur: blur,
  JPEG: jpeg,
  Rotation: rotation,
  Crop: crop,
  Resize: (picture, area) => resizeTo(picture, ...sidesOf(picture, area)),
};

// A picture edited by name; some edits are a promise. tools: { captions }.
function edited(name, picture, { captions }) {
  if (name === "Identity") return picture;
  if (name === "Meme") return meme(picture, captions);
  const [family, strength] = name.split(" ");
  return FAMILIES[family](picture, Number(strength));
}
