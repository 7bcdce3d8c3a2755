// The formulas of posenc.functional that the moving figures draw; a test compares the numbers.
"use strict";
const posencNumbers = {
  // (dim / 2,): radians per position
  frequencies(dim, base = 10000) {
    return Array.from({ length: dim / 2 }, (_, pair) => base ** (-2 * pair / dim));
  },
  // (dim,): sine and cosine interleaved
  sinusoidal(pos, dim, base = 10000) {
    return this.frequencies(dim, base).flatMap((omega) =>
      [Math.sin(pos * omega), Math.cos(pos * omega)]);
  },
  // (dim,): each pair of neighbouring channels rotated by its angle
  rotatePairs(x, angles) {
    return angles.flatMap((angle, pair) => {
      const [a, b] = [x[2 * pair], x[2 * pair + 1]];
      const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
      return [a * cos - b * sin, a * sin + b * cos];
    });
  },
  rotate(x, pos, base = 10000) {
    return this.rotatePairs(x, this.frequencies(x.length, base).map((omega) => omega * pos));
  },
  dot: (x, y) => x.reduce((sum, value, at) => sum + value * y[at], 0),
  // For each layer, which tokens the last one is reached from: through a window of `window`
  // tokens, but in every layer number `period` from all of them. (layers, n), true or false
  reached(layers, n, window, period) {
    const rows = [];
    let first = n - 1; // the earliest token whose information has arrived at the last one
    for (let layer = 1; layer <= layers; layer += 1) {
      first = layer % period === 0 ? 0 : Math.max(0, first - (window - 1));
      rows.push(Array.from({ length: n }, (_, at) => at >= first));
    }
    return rows;
  },
};
if (typeof module !== "undefined") module.exports = posencNumbers;
