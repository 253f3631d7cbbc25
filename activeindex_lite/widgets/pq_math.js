// What a product quantizer of the plane computes while a finger moves; tests/test_lesson_explorers.py compares it with
// scratch/. books: M codebooks of codewords, each codeword an array of 2 / M numbers.

const partOf = (books, x, m) => (books.length === 1 ? x : [x[m]]);

const partDistance = (word, part) => word.reduce((sum, value, i) => sum + (value - part[i]) ** 2, 0);

// The number of the nearest codeword of each part.
function encodePoint(books, x) {
  return books.map((book, m) => {
    const distances = book.map((word) => partDistance(word, partOf(books, x, m)));
    return distances.indexOf(Math.min(...distances));
  });
}

const decodePoint = (books, code) => code.flatMap((number, m) => books[m][number]);

// Every point that a code can stand for.
function allCodes(books) {
  const [first, second] = books;
  if (!second) return first;
  return first.flatMap(([x]) => second.map(([y]) => [x, y]));
}

// Where the nearest codeword changes along one axis: halfway between neighbouring codewords of one number.
function bordersOf(book) {
  const values = book.map(([value]) => value).sort((a, b) => a - b);
  return values.slice(1).map((value, i) => (value + values[i]) / 2);
}

// The corners of the cell with this code, within -reach to reach.
function codeCell(books, code, reach) {
  if (books.length === 1) return cellCorners(books[0], code[0], reach);
  const spans = books.map((book, m) => {
    const own = book[code[m]][0];
    const borders = [-reach, ...bordersOf(book), reach];
    return [Math.max(...borders.filter((at) => at < own)), Math.min(...borders.filter((at) => at > own))];
  });
  const [[left, right], [low, high]] = spans;
  return [
    [left, low],
    [right, low],
    [right, high],
    [left, high],
  ];
}
