/* What is edited: a test face, the own photograph or a sample, as a latent vector for each variant. */
(() => {
  "use strict";
  const PHOTOGRAPH = "photograph";
  const SAMPLE = /^sample:(prior|mixture):(\d{1,10})$/;
  let photograph = null; // { picture: ImageData, variant: name, z }

  const indexOf = (id) => explorer.data.faces.findIndex((face) => face.id === id);

  function ofSample(variant, id) {
    const [, source, seed] = SAMPLE.exec(id);
    if (source === "prior") return explorer.math.normalFromSeed(Number(seed), variant.latentDim);
    return variant.mixture ? explorer.math.mixtureSample(variant, Number(seed)) : null;
  }

  const subject = {
    PHOTOGRAPH, indexOf,
    isSample: (id) => SAMPLE.test(id),

    /** Return whether `id` can be shown now. */
    isOne: (id) => indexOf(id) >= 0 || SAMPLE.test(id) || (id === PHOTOGRAPH && photograph !== null),

    /** Keep the aligned photograph and its latent vector by the one encoder of the page. */
    setPhotograph(picture, variant, z) { photograph = { picture, variant: variant.name, z }; },

    photograph: () => photograph,

    /** Return the latent vector of `id` by a variant, Float32Array D; null where `whyNot` says a reason. */
    latent(variant, id) {
      const index = indexOf(id);
      if (index >= 0) {
        return variant.latents ? explorer.math.latentOf(variant, index) : null;
      }
      if (SAMPLE.test(id)) return ofSample(variant, id);
      return photograph && photograph.variant === variant.name ? photograph.z : null;
    },

    /** Return why a variant shows nothing of `id`, one sentence; "" where it does. */
    whyNot(variant, id) {
      if (!variant.canDecode) return "Its decoder is not in this page; Notes says why.";
      if (subject.latent(variant, id)) return "";
      if (SAMPLE.test(id)) return "It has no mixture.";
      if (!variant.hasEncoder) return "It has no encoder. See Samples.";
      return id === PHOTOGRAPH ? "Its encoder is not in this page." : "The page has no latent vectors of it.";
    },

    /** Return z + Σ amount · vector; an attribute without a vector changes nothing. */
    edited(variant, z, edits) {
      const result = Float32Array.from(z);
      for (const [name, amount] of Object.entries(edits)) {
        const row = subject.vector(variant, name);
        if (row) for (let i = 0; i < result.length; i += 1) result[i] += amount * row[i];
      }
      return result;
    },

    /** Return the vector of an attribute by a variant, or null. */
    vector(variant, name) {
      const index = explorer.data.attributes.findIndex((attribute) => attribute.name === name);
      if (index < 0 || !variant.vectors || !variant.hasVector[index]) return null;
      return explorer.math.vectorOf(variant, index);
    },

    /** Draw what `id` is a picture of: the test face or the photograph. Returns false for a sample. */
    drawOriginal(canvas, id) {
      const index = indexOf(id);
      if (index >= 0) explorer.pictures.drawOriginal(canvas, index);
      else if (id === PHOTOGRAPH && photograph) canvas.getContext("2d").putImageData(photograph.picture, 0, 0);
      else return false;
      return true;
    },

    /** Return what a person calls it. */
    title(id) {
      const sample = SAMPLE.exec(id);
      if (sample) return `sample ${sample[2]} from ${sample[1] === "prior" ? "N(0, I)" : "the mixture"}`;
      return id === PHOTOGRAPH ? "your photograph" : `face ${id}`;
    },
  };
  explorer.subject = subject;
})();
