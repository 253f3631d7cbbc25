// Swap one codeword of a stored code: the code as bars, and what a search for an edited copy then brings.

const rankText = (rank) => (rank ? `its neighbour number ${rank}` : "its own");

function render({ model, el }) {
  const get = (name) => model.get(name);
  const put = (name, value) => {
    model.set(name, value);
    model.save_changes();
  };
  // Only a page without a kernel holds every copy.
  const stored = get("_stored");
  const pictureSelect = select("picture", (number) => put("picture", Number(number)));
  const partChoice = choice("part", (part) => put("part", Number(part)));
  const rankSlider = slider("codeword", [0], rankText, (rank) => put("rank", rank));
  const bars = canvas("", 190);
  const verdict = verdictLine();
  const row = pictureRow();
  const marks = legend([
    { text: "the stored code's numbers, q(x)", area: true, colour: GREY },
    { text: "the codeword that was swapped in", area: true, colour: VERMILION },
    { text: "its own codeword there", area: true, colour: "transparent", edge: GREEN },
  ]);
  const problem = html("p", { className: "ai-problem", role: "alert" });
  const root = html(
    "div",
    { className: "ai-explorer ai-lesson" },
    html("div", { className: "ai-bar" }, pictureSelect.node, partChoice.node, rankSlider.node),
    problem,
    section("What the index stores of the picture", bars, marks.node),
    section("Searched for, and found", verdict.node, row.node),
  );

  function draw() {
    const view = stored ? stored.views[get("picture")] : get("_view");
    const [part, rank] = [get("part"), get("rank")];
    const shown = view.ranks[nearestPosition(view.ranks, rank)];
    const swap = view.swaps[`${part} ${shown}`];
    const own = view.swaps[`${part} 0`];
    drawCode(bars, view, swap, part, shown);
    const word = `codeword ${swap.code[part - 1]} in place of ${own.code[part - 1]} in part ${part}`;
    const given = shown ? `With ${word}` : "With its own code";
    const place = grouped(swap.place);
    verdict.set(
      swap.place === 1
        ? `✓ ${given}, the picture itself comes first.`
        : `✗ ${given}, another picture comes first; the picture itself is number ${place}.`,
    );
    row.set([
      { image: view.query, name: `searched for: a copy under ${view.edit}` },
      ...swap.results.map(({ id, distance, own: isOwn }, i) => ({
        image: view.pictures[id],
        name: `${i + 1}. ${isOwn ? "✓ the picture itself" : "✗ another picture"}`,
        text: `distance ${distance.toFixed(3)}`,
        right: isOwn,
      })),
      ...(swap.place > swap.results.length
        ? [
            {
              image: view.pictures[view.id],
              name: `number ${place}: the picture itself`,
              text: `distance ${swap.distance.toFixed(3)}`,
            },
          ]
        : []),
    ]);
    pictureSelect.set(
      String(get("picture")),
      get("_names").map((name, number) => [String(number), name]),
    );
    const numbers = Array.from({ length: view.parts }, (_, m) => String(m + 1));
    partChoice.set(
      part,
      numbers.map((m) => [m, m]),
    );
    rankSlider.set(shown, view.ranks);
    problem.textContent = get("_error");
  }

  const watched = ["part", "rank", "_view", "_error"];
  if (stored) watched.push("picture");
  return mount({ model, el, root, problem, watched, draw });
}

// The numbers that a code stands for as bars, part by part, with the code's numbers below.
function drawCode(node, view, swap, part, rank) {
  const { pen, width, height, ink } = startDrawing(node);
  const values = view.reconstruction;
  const size = values.length / view.parts;
  const from = (part - 1) * size;
  const base = (height - 34) / 2;
  const most = Math.max(...values.map(Math.abs), ...swap.word.map(Math.abs)) * 1.05;
  const step = width / values.length;
  const bar = (i, value) => {
    const top = base - Math.max(0, value / most) * base;
    return [i * step + 0.5, top, step - 1, (Math.abs(value) / most) * base];
  };
  values.forEach((value, i) => {
    const isSwapped = rank > 0 && i >= from && i < from + size;
    pen.fillStyle = isSwapped ? VERMILION : GREY;
    pen.fillRect(...bar(i, isSwapped ? swap.word[i - from] : value));
    pen.strokeStyle = GREEN;
    pen.lineWidth = 1.2;
    if (isSwapped) pen.strokeRect(...bar(i, value));
  });
  drawAcross(pen, 0, width, base, { colour: ink, opacity: 0.5 });
  swap.code.forEach((number, m) => {
    const middle = (m + 0.5) * size * step;
    const changed = rank > 0 && m === part - 1;
    const text = changed ? `${view.swaps[`${part} 0`].code[m]} → ${number}` : String(number);
    drawText(pen, text, middle, height - 16, { align: "center", bold: true, colour: changed ? VERMILION : ink });
    drawText(pen, `part ${m + 1}`, middle, height - 2, { align: "center", colour: ink });
    if (m) drawUpright(pen, m * size * step, 0, height, { colour: ink, opacity: 0.4, dash: [3, 3] });
  });
  const label = `The ${values.length} numbers that code ${swap.code.join(", ")} stands for, as bars.`;
  node.setAttribute("aria-label", label);
}

export default { render };
