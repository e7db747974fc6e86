/* View: what is left out of the page and why. */
(() => {
  "use strict";
  const { byId, element } = explorer;

  function about(variant) {
    return [
      `${variant.latentDim} latent dimensions`,
      variant.canDecode ? "its weights are rounded to 16 bits, which moved a pixel by up to "
        + `${(255 * variant.decoder.difference).toFixed(2)} of 255 grey levels where it was measured, without sliders`
        : "its decoder is not in this page",
      ...(variant.hasEncoder ? [] : ["it has no encoder"]),
      ...(variant.canEncode ? ["its encoder is here too, for a photograph"] : []),
    ];
  }

  explorer.views.notes = {
    build() {
      const { notes, variants, faces, attributes } = explorer.data;
      const list = notes.map((note) => element("li", {}, note));
      byId("note-list").replaceChildren(...(list.length ? list : [element("li", {}, "Nothing is left out.")]));
      byId("note-variants").replaceChildren(...variants.map((variant) =>
        element("li", {}, `${variant.label} (${variant.name}): ${about(variant).join("; ")}.`)));
      byId("note-data").textContent = `${faces.length} test faces and ${attributes.length} attributes.`;
    },
    update() {},
  };
})();
