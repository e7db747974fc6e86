// Runs a network, given as a list of plain layers (explorer/layers.py says what each kind is). Maps are planar: channel
// by channel, row by row. Everything is computed in double precision, on one thread, in arrays that are made once.
var explorer = explorer || {};

explorer.layers = (function () {
  "use strict";

  // Where two pixels of the small map meet a kernel, by phase (even, odd pixel of the large map) and pixel: the kernel's
  // rows that fall on it. "upsampled": the even pixel 2i sees i-1, i, i; the odd one i, i, i+1. "transposed", of 4x4
  // with stride 2 and padding 1: the even pixel sees i-1 by row 3 and i by row 1; the odd one i by row 2, i+1 by row 0.
  const TAPS = {
    upsampled: [[[0], [1, 2]], [[0, 1], [2]]],
    transposed: [[[3], [1]], [[2], [0]]],
  };

  // The four 2x2 kernels of an "upsampled" or "transposed" layer, 16 numbers for each output and input channel:
  // phase (row, column), then pixel (row, column).
  function phaseKernels(layer, weight) {
    const inputs = layer.before[0], outputs = layer.after[0], taps = TAPS[layer.kind];
    const side = layer.kind === "upsampled" ? 3 : 4, area = side * side;
    const kernels = new Float64Array(outputs * inputs * 16);
    for (let o = 0; o < outputs; o++) {
      for (let c = 0; c < inputs; c++) {
        const from = (layer.kind === "upsampled" ? o * inputs + c : c * outputs + o) * area;
        let to = (o * inputs + c) * 16;
        for (let a = 0; a < 2; a++) for (let b = 0; b < 2; b++) {
          for (let p = 0; p < 2; p++) for (let q = 0; q < 2; q++) {
            let sum = 0;
            for (const y of taps[a][p]) for (const x of taps[b][q]) sum += weight[from + y * side + x];
            kernels[to++] = sum;
          }
        }
      }
    }
    return kernels;
  }

  // Copies planes of height x width into planes with a border of `margin`: zeros, or the pixels of the edge.
  function pad(map, padded, channels, height, width, margin, edges) {
    const row = width + 2 * margin, plane = row * (height + 2 * margin);
    for (let c = 0; c < channels; c++) {
      for (let y = 0; y < height + 2 * margin; y++) {
        const source = Math.min(Math.max(y - margin, 0), height - 1);
        if (!edges && source !== y - margin) continue;  // the array began as zeros
        const from = (c * height + source) * width, to = c * plane + y * row;
        for (let x = 0; x < width; x++) padded[to + margin + x] = map[from + x];
        if (edges) {
          for (let x = 0; x < margin; x++) {
            padded[to + x] = map[from];
            padded[to + margin + width + x] = map[from + width - 1];
          }
        }
      }
    }
  }

  function activate(layer, map) {
    const n = map.length, slope = layer.slope;
    if (layer.activation === "leaky_relu") for (let i = 0; i < n; i++) map[i] = map[i] < 0 ? slope * map[i] : map[i];
    else if (layer.activation === "relu") for (let i = 0; i < n; i++) map[i] = map[i] < 0 ? 0 : map[i];
    else if (layer.activation === "tanh") for (let i = 0; i < n; i++) map[i] = Math.tanh(map[i]);
    else if (layer.activation === "sigmoid") for (let i = 0; i < n; i++) map[i] = 1 / (1 + Math.exp(-map[i]));
  }

  function linear(layer, weight, bias) {
    const inputs = layer.before[0] * layer.before[1] * layer.before[2], outputs = bias.length;
    const made = new Float64Array(outputs), given = new Float64Array(inputs);
    return function (map) {
      given.set(map);
      for (let o = 0; o < outputs; o++) {
        const from = o * inputs;
        let a = bias[o], b = 0;
        let i = 0;
        for (; i + 1 < inputs; i += 2) {
          a += weight[from + i] * given[i];
          b += weight[from + i + 1] * given[i + 1];
        }
        if (i < inputs) a += weight[from + i] * given[i];
        made[o] = a + b;
      }
      return made;
    };
  }

  function convolution(layer, weight, bias) {
    const [inputs, height, width] = layer.before, [outputs, down, across] = layer.after, { stride, padding } = layer;
    const row = width + 2 * padding, plane = row * (height + 2 * padding), side = Math.sqrt(weight.length / inputs / outputs);
    const padded = new Float64Array(inputs * plane), made = new Float64Array(outputs * down * across);
    return function (map) {
      pad(map, padded, inputs, height, width, padding, layer.edges);
      for (let o = 0; o < outputs; o++) {
        made.fill(bias[o], o * down * across, (o + 1) * down * across);
        for (let c = 0; c < inputs; c++) {
          for (let tap = 0; tap < side * side; tap++) {
            const w = weight[(o * inputs + c) * side * side + tap];
            const first = c * plane + Math.floor(tap / side) * row + tap % side;
            for (let y = 0; y < down; y++) {
              const to = (o * down + y) * across;
              for (let x = 0, from = first + y * stride * row; x < across; x++, from += stride) made[to + x] += w * padded[from];
            }
          }
        }
      }
      return made;
    };
  }

  // Adds to the four phases what one channel gives to one output. Positions run over all rows at once, so that between
  // two rows there are two that nobody reads.
  function addChannel(kernels, at, padded, plane, row, positions, even, evenOdd, oddEven, odd) {
    const w0 = kernels[at], w1 = kernels[at + 1], w2 = kernels[at + 2], w3 = kernels[at + 3], w4 = kernels[at + 4],
      w5 = kernels[at + 5], w6 = kernels[at + 6], w7 = kernels[at + 7], w8 = kernels[at + 8], w9 = kernels[at + 9],
      w10 = kernels[at + 10], w11 = kernels[at + 11], w12 = kernels[at + 12], w13 = kernels[at + 13],
      w14 = kernels[at + 14], w15 = kernels[at + 15];
    const second = plane + row, third = second + row;
    let a0 = padded[plane], a1 = padded[plane + 1], b0 = padded[second], b1 = padded[second + 1], c0 = padded[third],
      c1 = padded[third + 1];
    for (let k = 0; k < positions; k++) {
      const a2 = padded[plane + k + 2], b2 = padded[second + k + 2], c2 = padded[third + k + 2];
      even[k] += w0 * a0 + w1 * a1 + w2 * b0 + w3 * b1;
      evenOdd[k] += w4 * a1 + w5 * a2 + w6 * b1 + w7 * b2;
      oddEven[k] += w8 * b0 + w9 * b1 + w10 * c0 + w11 * c1;
      odd[k] += w12 * b1 + w13 * b2 + w14 * c1 + w15 * c2;
      a0 = a1; a1 = a2; b0 = b1; b1 = b2; c0 = c1; c1 = c2;
    }
  }

  // An "upsampled" or "transposed" layer: four 2x2 convolutions of the small map, one for each phase of the large one.
  function phases(layer, weight, bias) {
    const [inputs, height, width] = layer.before, outputs = layer.after[0];
    const kernels = phaseKernels(layer, weight), row = width + 2, plane = row * (height + 2);
    const positions = (height - 1) * row + width, padded = new Float64Array(inputs * plane);
    const made = new Float64Array(outputs * 4 * height * width);
    const sums = [0, 1, 2, 3].map(() => new Float64Array(positions));
    return function (map) {
      pad(map, padded, inputs, height, width, 1, layer.edges);
      for (let o = 0; o < outputs; o++) {
        for (const sum of sums) sum.fill(bias[o]);
        for (let c = 0; c < inputs; c++) {
          addChannel(kernels, (o * inputs + c) * 16, padded, c * plane, row, positions, sums[0], sums[1], sums[2], sums[3]);
        }
        for (let phase = 0; phase < 4; phase++) {
          const sum = sums[phase], a = phase >> 1, b = phase & 1;
          for (let y = 0; y < height; y++) {
            const to = (o * 2 * height + 2 * y + a) * 2 * width + b, from = y * row;
            for (let x = 0; x < width; x++) made[to + 2 * x] = sum[from + x];
          }
        }
      }
      return made;
    };
  }

  const KINDS = { linear, convolution, upsampled: phases, transposed: phases };

  // Returns a function of a network's input, such as z, that returns its output. That is overwritten by the next call.
  // network: {layers}; read: turns the page's reference to an array into a Float32Array.
  function build(network, read) {
    const steps = network.layers.map((layer) => [layer, KINDS[layer.kind](layer, read(layer.weight), read(layer.bias))]);
    return function (map) {
      for (const [layer, step] of steps) {
        map = step(map);
        activate(layer, map);
      }
      return map;
    };
  }

  return { build };
})();
