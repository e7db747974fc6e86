// The worker's loop: it decodes z into pixels and encodes pixels into z, one message after the other.
//   {id, decode: key, z}          -> {id, pixels: Uint8ClampedArray, RGBA}
//   {id, encode: key, pixels}     -> {id, mean: Float32Array}
// The first message of a key also has its network, and the base64 of its weights as `blob`. An error is answered by
// {id, error: its message}.
var explorer = explorer || {};

(function () {
  "use strict";

  const networks = new Map();

  // Planes of -1 ... 1 become RGBA; Uint8ClampedArray rounds to nearest and clips.
  function toPixels(planes) {
    const area = planes.length / 3, pixels = new Uint8ClampedArray(4 * area);
    for (let i = 0; i < area; i++) {
      pixels[4 * i] = (planes[i] + 1) * 127.5;
      pixels[4 * i + 1] = (planes[area + i] + 1) * 127.5;
      pixels[4 * i + 2] = (planes[2 * area + i] + 1) * 127.5;
      pixels[4 * i + 3] = 255;
    }
    return pixels;
  }

  function toPlanes(pixels) {
    const area = pixels.length / 4, planes = new Float64Array(3 * area);
    for (let i = 0; i < area; i++) {
      for (let c = 0; c < 3; c++) planes[c * area + i] = pixels[4 * i + c] / 127.5 - 1;
    }
    return planes;
  }

  function answer(message) {
    const key = message.decode || message.encode;
    if (message.network) {
      networks.set(key, explorer.layers.build(message.network, explorer.arrays.reader(() => message.blob)));
    }
    const run = networks.get(key);
    if (message.decode) {
      const pixels = toPixels(run(message.z));
      self.postMessage({ id: message.id, pixels }, [pixels.buffer]);
    } else {
      const mean = Float32Array.from(run(toPlanes(message.pixels)));
      self.postMessage({ id: message.id, mean }, [mean.buffer]);
    }
  }

  self.onmessage = function (event) {
    try {
      answer(event.data);
    } catch (error) {
      self.postMessage({ id: event.data.id, error: String(error.message || error) });
    }
  };
})();
