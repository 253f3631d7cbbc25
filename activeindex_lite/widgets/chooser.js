// A picture of one's own: chosen as a file, dropped or pasted, and shrunk in the browser before it is sent, since the
// notebook server drops messages of more than 10 MB without a word.

const LARGEST_MESSAGE = 10_000_000;

// A control that hands over pictures. longest: pixels of the longer side after shrinking; shortest: what the shorter
// one must have then. onPicture(bytes, name) gets an ArrayBuffer of a PNG file; onProblem(text) gets what went wrong,
// and "" once a picture was taken. Dropping and pasting work anywhere on `area` (the explorer's root).
function pictureChooser({ label = "your picture", area, longest, shortest = 16, onPicture, onProblem }) {
  const input = html("input", { type: "file", accept: "image/*" });
  const hint = html("span", { className: "ai-hint" }, "or drop or paste one here");
  const node = html("label", { className: "ai-control ai-chooser" }, controlName(label), input, hint);
  async function take(file) {
    if (!file) return;
    const name = file.name || "pasted picture";
    try {
      onPicture(await shrunk(file, longest, shortest), name);
      onProblem("");
    } catch (error) {
      onProblem(`${name} was not used: ${error.message}`);
    }
  }
  const pictureIn = (files) => [...files].find((file) => file.type.startsWith("image/")) ?? files[0];
  input.addEventListener("change", () => {
    take(input.files[0]);
    // The same file can then be chosen again.
    input.value = "";
  });
  area.addEventListener("dragover", (event) => {
    if (![...event.dataTransfer.types].includes("Files")) return;
    event.preventDefault();
    event.stopPropagation();
    area.classList.add("ai-dropping");
  });
  area.addEventListener("dragleave", () => area.classList.remove("ai-dropping"));
  area.addEventListener("drop", (event) => {
    area.classList.remove("ai-dropping");
    if (!event.dataTransfer.files.length) return;
    event.preventDefault();
    event.stopPropagation();
    take(pictureIn(event.dataTransfer.files));
  });
  area.addEventListener("paste", (event) => {
    if (!event.clipboardData.files.length) return;
    event.preventDefault();
    event.stopPropagation();
    take(pictureIn(event.clipboardData.files));
  });
  return { node, input };
}

// The file's picture, upright, as bytes of a PNG file at most `longest` pixels long; Error in words for what cannot be.
async function shrunk(file, longest, shortest) {
  let picture;
  try {
    picture = await createImageBitmap(file, { imageOrientation: "from-image" });
  } catch {
    // The kernel opens more kinds of files than browsers do.
    if (file.size && file.size < LARGEST_MESSAGE) return file.arrayBuffer();
    const megabytes = (file.size / 1e6).toFixed(0);
    throw new Error(
      file.size ? `this browser cannot open it, and ${megabytes} MB are too many to send` : "it is empty",
    );
  }
  const scale = Math.min(1, longest / Math.max(picture.width, picture.height));
  const [width, height] = [picture.width, picture.height].map((side) => Math.max(1, Math.round(side * scale)));
  if (Math.min(width, height) < shortest) {
    const sizes = `${picture.width} x ${picture.height} pixels become ${width} x ${height}`;
    throw new Error(`${sizes}: expected at least ${shortest} on the shorter side; crop it, or take another`);
  }
  const sheet = halved(picture, width, height);
  picture.close();
  const blob = await new Promise((done) => sheet.toBlob(done, "image/png"));
  return blob.arrayBuffer();
}

// The picture on a canvas of that size, shrunk by halves, since one large step would skip pixels.
function halved(picture, width, height) {
  let [wide, high, source] = [picture.width, picture.height, picture];
  do {
    wide = Math.max(width, Math.ceil(wide / 2));
    high = Math.max(height, Math.ceil(high / 2));
    if (source === picture && wide === width && high === height) [wide, high] = [width, height];
    const sheet = html("canvas", { width: wide, height: high });
    const pen = sheet.getContext("2d");
    pen.imageSmoothingQuality = "high";
    pen.drawImage(source, 0, 0, wide, high);
    source = sheet;
  } while (wide > width || high > height);
  return source;
}
