// Draws z from the prior and from a mixture by a seed, predicts attributes, and finds neighbours in latent space.
var explorer = explorer || {};

explorer.math = (function () {
  "use strict";

  // Uniform numbers in [0, 1) by a seed: the generator mulberry32 (32 bits of state).
  function uniform(seed) {
    let state = seed >>> 0;
    return function () {
      state = (state + 0x6d2b79f5) | 0;
      let t = Math.imul(state ^ (state >>> 15), 1 | state);
      t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
      return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
    };
  }

  // z from N(0, I), D numbers, by a seed: Box and Muller's method, of which both numbers are used. The first numbers of
  // two dimensions D are the same.
  function normalFromSeed(seed, D) {
    const next = uniform(seed), z = new Float32Array(D);
    for (let d = 0; d < D; d += 2) {
      const radius = Math.sqrt(-2 * Math.log(1 - next())), angle = 2 * Math.PI * next();
      z[d] = radius * Math.cos(angle);
      if (d + 1 < D) z[d + 1] = radius * Math.sin(angle);
    }
    return z;
  }

  // z from a variant's mixture of Gaussians by a seed: the component by a uniform number, then its mean plus its Cholesky
  // factor times the normal numbers of the same seed. So the numbers drawn are the same for every variant.
  function mixtureSample(variant, seed) {
    const { weights, means, cholesky } = variant.mixture, D = variant.latentDim, noise = normalFromSeed(seed, D);
    let left = uniform((seed ^ 0x9e3779b9) >>> 0)(), k = 0;
    while (k < weights.length - 1 && left >= weights[k]) left -= weights[k++];
    const z = new Float32Array(D);
    let at = k * (D * (D + 1)) / 2;
    for (let row = 0; row < D; row++) {
      let sum = means[k * D + row];
      for (let column = 0; column <= row; column++) sum += cholesky[at++] * noise[column];
      z[row] = sum;
    }
    return z;
  }

  // What the SVMs on the view aligned say of z: [{attribute: its number, decision}] for those that have an SVM. A
  // decision above 0 says yes. [] for a variant without SVMs.
  function predict(variant, z) {
    if (!variant.svms) return [];
    const { weights, count } = variant.svms, D = variant.latentDim, said = [];
    for (let a = 0; a < count; a++) {
      let decision = weights[D * count + a];
      for (let d = 0; d < D; d++) decision += weights[d * count + a] * z[d];
      if (Number.isFinite(decision)) said.push({ attribute: a, decision });
    }
    return said;
  }

  // The k faces whose latents are nearest to z, nearest first: [{face: its number, distance}], Euclidean.
  function neighbours(variant, z, k) {
    if (!variant.latents) return [];
    const D = variant.latentDim, found = [];
    for (let face = 0; face < variant.latents.length / D; face++) {
      let sum = 0;
      for (let d = 0; d < D; d++) sum += (variant.latents[face * D + d] - z[d]) ** 2;
      found.push({ face, distance: Math.sqrt(sum) });
    }
    return found.sort((a, b) => a.distance - b.distance).slice(0, k);
  }

  // The latent vector of a face of the page, by its number.
  function latentOf(variant, face) {
    return variant.latents.slice(face * variant.latentDim, (face + 1) * variant.latentDim);
  }

  // The vector of an attribute of the page, by its number.
  function vectorOf(variant, attribute) {
    return variant.vectors.slice(attribute * variant.latentDim, (attribute + 1) * variant.latentDim);
  }

  return { latentOf, mixtureSample, neighbours, normalFromSeed, predict, uniform, vectorOf };
})();
