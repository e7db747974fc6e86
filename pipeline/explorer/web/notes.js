/* View: what is left out of the page and why. */
(() => {
  "use strict";
  const { byId, element } = explorer;

  explorer.views.notes = {
    build() {
      const { notes, variants, faces, attributes } = explorer.data;
      const list = notes.map((note) => element("li", {}, note));
      byId("note-list").replaceChildren(...(list.length ? list : [element("li", {}, "Nothing is left out.")]));
      byId("note-variants").replaceChildren(...variants.map((variant) => element("li", {}, `${variant.label} (${variant.name}): `
        + `${variant.latentDim} latent dimensions; ${variant.canDecode ? "its decoder is here" : "its decoder is not in this page"}`
        + `${variant.hasEncoder ? "" : "; it has no encoder"}.`.replace("..", "."))));
      byId("note-data").textContent = `${faces.length} test faces and ${attributes.length} attributes.`;
    },
    update() {},
  };
})();
