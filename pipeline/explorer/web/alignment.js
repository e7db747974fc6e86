// Puts a photograph where the encoder expects a face, by three points: both eyes and the mouth.
var explorer = explorer || {};

explorer.alignment = (function () {
  "use strict";

  // The similarity (turn, scale, shift; no mirroring) that moves the points `from` nearest to `to` by least squares.
  // Points are complex numbers x + iy; it is z -> (a + ib)(z - from's mean) + to's mean. Null if `from` is one place.
  function similarity(from, to) {
    const mean = (points) => ({ x: points.reduce((s, p) => s + p.x, 0) / points.length,
      y: points.reduce((s, p) => s + p.y, 0) / points.length });
    const source = mean(from), target = mean(to);
    let a = 0, b = 0, square = 0;
    from.forEach((point, i) => {
      const x = point.x - source.x, y = point.y - source.y, u = to[i].x - target.x, v = to[i].y - target.y;
      a += x * u + y * v;
      b += x * v - y * u;
      square += x * x + y * y;
    });
    return square > 0 ? { a: a / square, b: b / square, source, target } : null;
  }

  // A pixel of an image between its pixels' centres, bilinear; outside it repeats the edge. Adds to sum[0..2].
  function addPixel(image, x, y, sum) {
    const px = Math.min(Math.max(x - 0.5, 0), image.width - 1), py = Math.min(Math.max(y - 0.5, 0), image.height - 1);
    const left = Math.floor(px), top = Math.floor(py), fx = px - left, fy = py - top;
    const right = Math.min(left + 1, image.width - 1), bottom = Math.min(top + 1, image.height - 1);
    for (let c = 0; c < 3; c++) {
      const at = (column, row) => image.data[4 * (row * image.width + column) + c];
      sum[c] += (1 - fy) * ((1 - fx) * at(left, top) + fx * at(right, top))
        + fy * ((1 - fx) * at(left, bottom) + fx * at(right, bottom));
    }
  }

  // Cuts the face out of an image: S*S pixels in which the three points lie as in `frame`. It samples about as finely as
  // the image and averages. image: ImageData; points, frame: {leftEye, rightEye, mouth}, each [x, y] or {x, y}, in pixels
  // from the upper left corner; left and right as the viewer sees them. Throws an Error where the points are one place.
  function warp(image, points, frame, size) {
    const pixels = (named) => ["leftEye", "rightEye", "mouth"].map((name) => {
      const p = named[name];
      return Array.isArray(p) ? { x: p[0], y: p[1] } : p;
    });
    const side = size || explorer.data.imageSize, move = similarity(pixels(frame), pixels(points));
    const scale = move && Math.hypot(move.a, move.b);
    if (!scale || scale * side < 4) throw new Error("The three points lie in one place; set them on both eyes and the mouth.");
    const finer = Math.min(Math.max(1, Math.round(scale)), 16), made = new ImageData(side, side), sum = [0, 0, 0];
    for (let row = 0; row < side; row++) {
      for (let column = 0; column < side; column++) {
        sum.fill(0);
        for (let i = 0; i < finer * finer; i++) {
          const x = column + (i % finer + 0.5) / finer - move.source.x;
          const y = row + (Math.floor(i / finer) + 0.5) / finer - move.source.y;
          addPixel(image, move.a * x - move.b * y + move.target.x, move.b * x + move.a * y + move.target.y, sum);
        }
        const at = 4 * (row * side + column);
        for (let c = 0; c < 3; c++) made.data[at + c] = sum[c] / (finer * finer);
        made.data[at + 3] = 255;
      }
    }
    return made;
  }

  return { warp };
})();
