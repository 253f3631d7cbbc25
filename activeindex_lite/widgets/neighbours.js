// A picture, its feature as bars, its copies under the edits, and the stored pictures that are nearest to it.

function render({ model, el }) {
  const get = (name) => model.get(name);
  // Only a page without a kernel holds views of its own.
  const stored = get("_stored");
  function go(picture, edit) {
    model.set("picture", picture);
    model.set("edit", edit);
    model.save_changes();
  }
  const startSelect = select("begin with", (number) => go(Number(number), ""));
  const query = captionedPicture("");
  query.node.classList.add("ai-query-picture");
  const bars = canvas("", 190);
  const copies = pictureRow();
  copies.node.classList.add("ai-small-row");
  const copiesPart = section("Its copies under the 14 edits, and their squared distances to it", copies.node);
  const verdict = verdictLine();
  const results = pictureRow();
  const problem = html("p", { className: "ai-problem", role: "alert" });
  const root = html(
    "div",
    { className: "ai-explorer ai-lesson" },
    html("div", { className: "ai-bar" }, startSelect.node),
    problem,
    html(
      "div",
      { className: "ai-two" },
      section("The query and its feature", html("div", { className: "ai-query" }, query.node, bars)),
      section("The nearest stored pictures", verdict.node, results.node),
    ),
    copiesPart,
  );

  function current() {
    if (!stored) return { view: get("_view"), copies: get("_copies") };
    const view = stored.views[`${get("picture")} ${get("edit")}`];
    return { view, copies: stored.copies[get("picture")] ?? [] };
  }

  function resultItem({ id, distance, own, image }, i) {
    const known = !stored || `${id} ` in stored.views;
    return {
      image: image ?? stored.images[id],
      name: `${i + 1}. ${own ? "✓ the original" : `picture ${grouped(id)}`}`,
      text: `distance ${distance.toFixed(3)}`,
      right: own || undefined,
      onClick: known ? () => go(id, "") : undefined,
      hint: known ? "Make this picture the query" : "Run the notebook to go on from here",
    };
  }

  function draw() {
    const { view, copies: listed } = current();
    const name = `picture ${grouped(view.picture)}`;
    query.image.src = view.image;
    query.image.alt = view.edit ? `the query: a copy of ${name} under ${view.edit}` : `the query: ${name}`;
    query.text.textContent = view.edit ? `${name}, ${view.edit}` : name;
    drawFeature(bars, view);
    copies.set(
      listed.map(({ edit, distance, image }) => ({
        image,
        name: edit,
        text: distance.toFixed(3),
        pressed: edit === view.edit,
        onClick: () => go(view.picture, edit === view.edit ? "" : edit),
        hint: edit === view.edit ? "Back to the picture itself" : `Search for the copy under ${edit}`,
      })),
    );
    copiesPart.hidden = !listed.length;
    verdict.set(`${view.sentence}.`);
    results.set(view.results.map(resultItem));
    const starts = get("_starts");
    const known = starts.includes(view.picture) ? starts : [view.picture, ...starts];
    startSelect.set(
      String(view.picture),
      known.map((id) => [String(id), `picture ${grouped(id)}`]),
    );
    problem.textContent = get("_error");
  }

  const watched = stored ? ["picture", "edit", "_error"] : ["_view", "_copies", "_error"];
  return mount({ model, el, root, problem, watched, draw });
}

// The numbers of a feature as bars; below them, where a copy is shown, those of its original.
function drawFeature(node, view) {
  const { pen, width, height, ink } = startDrawing(node);
  const rows = [[view.feature, GREY, "the 128 numbers of its feature"]];
  if (view.edit) rows.push([view.original, GREEN, "those of the original"]);
  const most = 1.05 * Math.max(...rows.flatMap(([values]) => values.map(Math.abs)));
  const tallest = height / rows.length / 2 - 8;
  rows.forEach(([values, colour, text], row) => {
    const middle = ((row + 0.5) * height) / rows.length + 8;
    const step = width / values.length;
    pen.fillStyle = colour;
    values.forEach((value, i) => {
      const tall = (Math.abs(value) / most) * tallest;
      pen.fillRect(i * step, value > 0 ? middle - tall : middle, Math.max(step - 0.7, 0.8), tall);
    });
    drawAcross(pen, 0, width, middle, { colour: ink, opacity: 0.5 });
    drawText(pen, text, 0, middle - tallest - 2, { colour: ink });
  });
  node.setAttribute("aria-label", `The feature: ${view.feature.length} numbers as bars. ${view.sentence}`);
}

export default { render };
