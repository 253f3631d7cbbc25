// The what-if lab's words: numbers, the sentence on two settings (as sweeps/whatif.py's finding), the program, the CSV.

// Two decimals; halves away from 0, as Python's side writes them.
const two = (x) => (Math.sign(x) * (Math.abs(x) + TINY)).toFixed(2).replace("-0.00", "0.00");
// Two significant digits.
const few = (x) => String(Number(x.toPrecision(2)));
const signed = (x) => (Number(two(x)) < 0 ? two(x).replace("-", "−") : `+${two(x)}`);
const qualityOf = (row) => (row.psnr === Infinity ? "unchanged pictures" : `${row.psnr.toFixed(1)} dB`);

function gainText([gain, low, high]) {
  const span = `95 % interval ${two(low)} to ${two(high)}`;
  if (low > TINY || high < -TINY) return `${two(Math.abs(gain))} ${gain > 0 ? "more" : "fewer"} (${span})`;
  return low === high ? "the same" : `no clear difference (${span})`;
}

function timeText(ratio) {
  if (1 / SAME_TIME < ratio && ratio < SAME_TIME) return ", in about the same time";
  return ratio > 1 ? `, in ${few(ratio)} times the time` : `, in ${two(ratio)} of the time`;
}

// The sentence on two settings.
function finding(sweep, a, b) {
  const old = sweep.measured(a);
  const now = sweep.measured(b);
  let said = `A finds ${two(old.r1)} of the copies first, B ${two(now.r1)}: ${gainText(sweep.gain(a, b))}`;
  said += timeText(now.ms / old.ms);
  if (now.bytes !== old.bytes) said += `, with ${now.bytes} instead of ${old.bytes} bytes per vector`;
  if (sweep.psnrDiffers(old, now)) said += `, ${qualityOf(now)} instead of ${qualityOf(old)}`;
  return `${said}.`;
}

// A setting as a Python program: the text that Python sent, its <gaps> filled.
function program(about, setting) {
  const { code } = about;
  const [imports, queries] = code.edits[setting.edit];
  const values = { ...code.values, ...setting, lr: code.lr[setting.steps], queries };
  const release = setting.alpha > 0 ? code.release[1] : code.release[0];
  let text = code.program.replace("<release>", release).replace("<imports>", imports);
  text = text.replace("<search>", code.search[setting.factory]);
  for (const [name, value] of Object.entries(values)) text = text.replaceAll(`<${name}>`, String(value));
  return text;
}

const CSV_COLUMNS = [...SETTING_KEYS, "r1", "low", "high", "uap", "uap_low", "uap_high", "psnr", "ssim", "ms", "bytes"];

function csvField(value) {
  if (value === Infinity) return "inf";
  if (typeof value === "number") return String(Number(value.toPrecision(5)));
  return /[",]/.test(value) ? `"${value}"` : value;
}

// Every setting under one edit as CSV text.
function csv(sweep, edit) {
  const lines = [CSV_COLUMNS.join()];
  for (const references of sweep.axes.references) {
    for (const { setting } of sweep.all(references, edit)) {
      const measured = sweep.measured(setting);
      const row = { ...setting, ...measured, uap_low: measured.uapLow, uap_high: measured.uapHigh };
      lines.push(CSV_COLUMNS.map((name) => csvField(row[name])).join());
    }
  }
  return `${lines.join("\n")}\n`;
}
