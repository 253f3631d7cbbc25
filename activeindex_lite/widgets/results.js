// The big table of notebook 08: R@1 of each index under each edit. A cell that is pointed at, clicked or reached with
// the arrow keys shows a copy behind it.

const HOVER_MS = 140;
// The colour map cividis at equal steps, dark for 0 and light for 1; the figure of the table has the same.
const CIVIDIS = ["#00224e", "#35456c", "#666970", "#948e77", "#c8b866", "#fee838"];

function cividis(value) {
  const place = Math.min(Math.max(value, 0), 1) * (CIVIDIS.length - 1);
  const before = Math.min(Math.floor(place), CIVIDIS.length - 2);
  const [low, high] = [CIVIDIS[before], CIVIDIS[before + 1]].map(channelsOf);
  return low.map((level, i) => Math.round(level + (place - before) * (high[i] - level)));
}

// White or black, whichever can be read better on a colour.
function inkOn(levels) {
  const linear = levels.map((level) => (level <= 10 ? level / 3294.6 : ((level / 255 + 0.055) / 1.055) ** 2.4));
  const luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  return luminance > 0.18 ? "#000" : "#fff";
}

const twoDigits = (value) => (value >= 0.995 ? "1" : value.toFixed(2).replace(/^0/, ""));
const kindOf = (row) => (row.activated ? "activated" : "passive");
const nameOf = (row) => row.name + (row.nprobe ? `, nprobe ${row.nprobe}` : "");

function tableCell(ours, paper, isMean) {
  const levels = cividis(ours);
  const node = html("td", { className: isMean ? "ai-mean" : "" }, html("strong", {}, twoDigits(ours)));
  if (paper !== null) node.append(html("i", {}, twoDigits(paper)));
  node.style.background = `rgb(${levels})`;
  node.style.color = inkOn(levels);
  return node;
}

// The table; onPoint(row, column), onLeave(), onPick(row, column); set(row, column) marks a cell.
function resultsTable(table, { onPoint, onLeave, onPick }) {
  const cells = table.rows.map((row) =>
    [...table.edits, table.mean].map((edit, column) => {
      const isMean = column === table.edits.length;
      const node = tableCell(row.ours[column], row.paper[column], isMean);
      const paper = row.paper[column] === null ? "" : `, in the paper ${twoDigits(row.paper[column])}`;
      node.title = `${nameOf(row)}, ${kindOf(row)}, ${edit}: R@1 ${twoDigits(row.ours[column])}${paper}`;
      node.setAttribute("aria-label", node.title);
      return node;
    }),
  );
  const heads = [...table.edits, table.mean].map((edit) => html("th", { scope: "col" }, html("span", {}, edit)));
  const rows = table.rows.map((row, at) => {
    const kind = html("span", { className: `ai-kind-${kindOf(row)}` }, row.name === "No index" ? "" : kindOf(row));
    return html("tr", {}, html("th", { scope: "row" }, nameOf(row), " ", kind), ...cells[at]);
  });
  const body = html("tbody", {}, ...rows);
  const grid = html("table", {}, html("thead", {}, html("tr", {}, html("td"), ...heads)), body);
  grid.setAttribute("role", "grid");
  grid.setAttribute("aria-label", "R@1 of each index under each edit");
  cells.forEach((row, at) =>
    row.slice(0, -1).forEach((node, column) => {
      node.addEventListener("pointerenter", (event) => event.pointerType === "mouse" && onPoint(at, column));
      node.addEventListener("click", () => {
        onPick(at, column);
        node.focus();
      });
    }),
  );
  body.addEventListener("pointerleave", onLeave);
  let present = [0, 0];
  grid.addEventListener("keydown", (event) => {
    const arrow = ARROWS[event.key];
    const ends = { Home: [-99, 0], End: [99, 0] }[event.key];
    if (!arrow && !ends) return;
    event.preventDefault();
    const [right, down] = arrow ?? ends;
    const row = Math.min(Math.max(present[0] + down, 0), cells.length - 1);
    const column = Math.min(Math.max(present[1] + right, 0), table.edits.length - 1);
    onPick(row, column);
    mark(row, column);
    cells[row][column].focus();
  });
  function mark(row, column) {
    const [oldRow, oldColumn] = present;
    cells[oldRow][oldColumn].removeAttribute("aria-selected");
    cells[oldRow][oldColumn].tabIndex = -1;
    cells[row][column].setAttribute("aria-selected", true);
    cells[row][column].tabIndex = 0;
    present = [row, column];
  }
  const node = html("div", { className: "ai-scroll" }, grid);
  return { node, set: mark };
}

function render({ model, el }) {
  const get = (name) => model.get(name);
  const put = (values) => {
    Object.entries(values).forEach(([name, value]) => model.set(name, value));
    model.save_changes();
  };
  // Only a page without a kernel holds examples of every cell.
  const stored = get("_stored");
  const table = get("_table");

  // The cell that stays while others are only pointed at.
  let kept = [get("row"), table.edits.indexOf(get("edit"))];
  const go = ([row, column]) => {
    const values = { row, edit: table.edits[column] };
    if (stored && !(keyOf(values.row, values.edit, get("picture")) in stored.examples))
      values.picture = get("_originals").findIndex((_, i) => keyOf(values.row, values.edit, i) in stored.examples);
    put(values);
  };
  const keyOf = (row, edit, picture) => `${row} ${edit} ${picture}`;
  const soon = settled(go, HOVER_MS);
  const grid = resultsTable(table, {
    onPoint: (row, column) => soon([row, column]),
    onLeave: () => soon(kept),
    onPick(row, column) {
      soon.cancel();
      kept = [row, column];
      go(kept);
    },
  });
  const originals = originalsPart(get("_originals"), (picture) => {
    soon.cancel();
    put({ picture });
  });
  const example = examplePart((source) => (stored ? stored.pictures[source] : source));
  const heading = html("h2");
  const told = "Large: R@1 measured here. Small: the paper's, on a million photographs.";
  const note = html("p", { className: "ai-note" }, told);
  const problem = html("p", { className: "ai-problem", role: "alert" });
  const root = html(
    "div",
    { className: "ai-explorer ai-results-table" },
    problem,
    grid.node,
    note,
    html("div", { className: "ai-beside" }, heading, example.node),
    originals.node,
  );

  function draw() {
    const [row, edit, picture] = [get("row"), get("edit"), get("picture")];
    const column = table.edits.indexOf(edit);
    const { hits, ...about } = table.rows[row];
    grid.set(row, column);
    const found = [...hits[column]].filter((hit) => hit === "1").length;
    heading.textContent =
      `${nameOf(about)}, ${kindOf(about)}, ${edit}: ${found} of ${hits[column].length} copies found. ` + "One of them:";
    originals.set(picture, hits[column], (i) => !stored || keyOf(row, edit, i) in stored.examples);
    const shown = stored ? stored.examples[keyOf(row, edit, picture)] : get("_example");
    if (shown) example.show(shown, `${kindOf(about)} copy (${edit})`);
    problem.textContent = get("_error");
  }
  const watched = stored ? ["row", "edit", "picture"] : ["_example", "_error"];
  return mount({ model, el, root, problem, watched, draw });
}

export default { render };
