// What bits do with directions of the plane, in degrees, while a finger turns them. tests/test_lesson_explorers.py
// compares each of these functions with scratch/.

const radians = (degrees) => (degrees * Math.PI) / 180;
const pointAt = (degrees, length = 1) => [length * Math.cos(radians(degrees)), length * Math.sin(radians(degrees))];

// A difference of directions, from -180 up to 180.
function turnBetween(from, to) {
  const turn = (((to - from) % 360) + 540) % 360;
  return turn - 180;
}

// On which side of each hyperplane a direction lies: true on the side of its normal. normals: their directions.
const bitsOf = (normals, direction) => normals.map((normal) => Math.abs(turnBetween(normal, direction)) <= 90);

const differing = (bits, others) => bits.filter((bit, i) => bit !== others[i]).length;

// How far one can turn from a direction, down and up, without crossing a hyperplane: [below, above], both at least 0.
function roomAround(normals, direction) {
  const borders = normals.flatMap((normal) => [normal + 90, normal - 90]);
  const turns = borders.map((border) => turnBetween(direction, border));
  const above = Math.min(180, ...turns.filter((turn) => turn >= 0));
  const below = Math.min(180, ...turns.filter((turn) => turn < 0).map((turn) => -turn));
  return [below, above];
}

// Where activation takes a direction that may turn by at most `most`: toward the middle of its region, which is as far
// from both hyperplanes as can be.
function activatedDirection(normals, direction, most) {
  const [below, above] = roomAround(normals, direction);
  const middle = (above - below) / 2;
  return direction + Math.max(-most, Math.min(most, middle));
}
