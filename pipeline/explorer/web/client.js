// What the page's code gets: `explorer.load(document)` and `explorer.engine`.
//
// explorer.data after loading: {title, imageSize, notes, attributes: [{name, label, main}], faces: [{id, labels: {name:
// bool}}], thumbnails and originals: {src, columns, size}, frame or null, variants: [{name, label, latentDim, hasEncoder,
// canDecode, canEncode, latents: Float32Array F*D or null, vectors: Float32Array A*D or null, hasVector: [bool], svms:
// {weights: Float32Array (D+1)*A, count: A} or null, mixture: {weights, means, cholesky} or null, map: Float32Array F*2 in
// 0 ... 1 or null, decoder: {difference} or null}]}.
var explorer = explorer || {};

(function () {
  "use strict";

  let page = null;

  function blob(number) {
    return page.getElementById(`blob-${number}`).textContent;
  }

  function labelsOf(text, attributes) {
    const labels = {};
    for (let i = 0; i < text.length; i++) if (text[i] !== "?") labels[attributes[i].name] = text[i] === "1";
    return labels;
  }

  function variantOf(variant, read, count) {
    const D = variant.latentDim, vectors = read(variant.vectors), { mixture } = variant;
    return {
      ...variant, vectors, latents: read(variant.latents), map: read(variant.map),
      hasVector: Array.from({ length: count }, (_, a) => vectors !== null && Number.isFinite(vectors[a * D])),
      svms: variant.svms && { weights: read(variant.svms), count },
      mixture: mixture && { weights: mixture.weights, means: read(mixture.means), cholesky: read(mixture.cholesky) },
    };
  }

  // Reads the page's data, and starts the workers. Resolves to explorer.data.
  explorer.load = async function (document) {
    page = document;
    const data = JSON.parse(page.getElementById("explorer-data").textContent), read = explorer.arrays.reader(blob);
    for (const face of data.faces) face.labels = labelsOf(face.labels, data.attributes);
    data.variants = data.variants.map((variant) => variantOf(variant, read, data.attributes.length));
    explorer.data = data;
    explorer.engine = engine(data);
    return data;
  };

  // A worker with its requests. Of each lane it knows only the newest request that has not begun.
  function thread(url) {
    const worker = new Worker(url), waiting = new Map(), loaded = new Set();
    let busy = null, number = 0;

    function next() {
      const [lane] = waiting.keys();
      if (busy || lane === undefined) return;
      busy = waiting.get(lane);
      waiting.delete(lane);
      const { key, network, message } = busy;
      const first = loaded.has(key) ? {} : { network, blob: blob(network.layers[0].weight.blob) };
      worker.postMessage({ id: ++number, ...message, ...first });
    }

    function finish(settle) {
      const request = busy;
      busy = null;
      settle(request);
      next();
    }

    worker.onmessage = ({ data }) => {
      if (!busy || data.id !== number) return;
      if (!data.error) loaded.add(busy.key);
      finish(data.error ? ({ reject }) => reject(new Error(data.error)) : ({ resolve }) => resolve(data));
    };
    worker.onerror = (event) => {
      event.preventDefault();
      if (busy) finish(({ reject }) => reject(new Error(event.message || "the worker has ended")));
    };
    return function (lane, request) {
      return new Promise((resolve, reject) => {
        const stale = waiting.get(lane);
        waiting.delete(lane);
        waiting.set(lane, { ...request, resolve, reject });
        if (stale) stale.resolve(null);
        next();
      });
    };
  }

  function engine(data) {
    const text = page.getElementById("worker").textContent;
    const url = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
    const live = thread(url), others = thread(url), size = data.imageSize;

    function variant(name) {
      return data.variants.find((one) => one.name === name);
    }

    return {
      // Decodes z by a variant: ImageData, or null where a newer request of the same lane came before it began. A request
      // that has begun is answered, so that a slider that moves shows faces. The lane "live" has a worker of its own.
      async decode(name, z, { lane = "live" } = {}) {
        const request = { key: `${name} decoder`, network: variant(name).decoder,
          message: { decode: `${name} decoder`, z: Float32Array.from(z) } };
        const answer = await (lane === "live" ? live : others)(lane, request);
        return answer && new ImageData(answer.pixels, size, size);
      },

      // Encodes an image of S*S by a variant that can: {mean: Float32Array D}; null as above.
      async encode(name, image, { lane = "photograph" } = {}) {
        const request = { key: `${name} encoder`, network: variant(name).encoder,
          message: { encode: `${name} encoder`, pixels: image.data } };
        const answer = await others(lane, request);
        return answer && { mean: answer.mean };
      },
    };
  }
})();
