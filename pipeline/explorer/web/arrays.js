// Reads arrays of numbers that the page holds as base64: float16 or float32, little-endian (explorer/blobs.py).
var explorer = explorer || {};

explorer.arrays = (function () {
  "use strict";

  let table = null;

  // The numbers of all 65,536 half-precision floats.
  function halves() {
    if (table) return table;
    table = new Float32Array(65536);
    for (let bits = 0; bits < 65536; bits++) {
      const exponent = (bits >> 10) & 31, fraction = bits & 1023, sign = bits & 32768 ? -1 : 1;
      table[bits] = sign * (exponent === 0 ? fraction * 2 ** -24
        : exponent < 31 ? (1 + fraction / 1024) * 2 ** (exponent - 15) : fraction ? NaN : Infinity);
    }
    return table;
  }

  function bytes(base64) {
    const text = atob(base64.trim()), made = new Uint8Array(text.length);
    for (let i = 0; i < text.length; i++) made[i] = text.charCodeAt(i);
    return made.buffer;
  }

  // Returns a function of references {blob, offset, type, shape}, which returns a Float32Array, or null for null.
  // blob: a function of a blob's number, which returns its base64. Each blob is decoded once.
  function reader(blob) {
    const decoded = new Map();
    return function (reference) {
      if (!reference) return null;
      if (!decoded.has(reference.blob)) decoded.set(reference.blob, bytes(blob(reference.blob)));
      const buffer = decoded.get(reference.blob), length = reference.shape.reduce((a, b) => a * b, 1);
      if (reference.type === "float32") return new Float32Array(buffer, reference.offset, length);
      const numbers = halves();
      return Float32Array.from(new Uint16Array(buffer, reference.offset, length), (bits) => numbers[bits]);
    };
  }

  return { reader };
})();
