/* The test faces whose latent vectors lie nearest. */
(() => {
  "use strict";
  const { element } = explorer;
  const SHOWN = 8;

  /** Show in `place` the neighbours of z by a variant; a click takes a face. */
  explorer.showNeighbours = (place, variant, z) => {
    if (!variant || !variant.latents || !z) {
      const reason = variant && !variant.latents ? `${variant.label} has no latent vectors of the test faces.`
        : "Choose a face first.";
      place.replaceChildren(element("p", { class: "muted" }, reason));
      return;
    }
    const own = explorer.subject.indexOf(explorer.state.current.face);
    const found = explorer.math.neighbours(variant, z, SHOWN + 1).filter(({ face }) => face !== own).slice(0, SHOWN);
    place.replaceChildren(element("ul", { class: "thumbs" }, ...found.map(({ face, distance }) => {
      const { id } = explorer.data.faces[face];
      return element("li", {},
        explorer.pictures.thumb(face, "button", {
          type: "button", class: "take", data: { face: id },
          "aria-label": `Take ${explorer.faceInWords(face)}, distance ${distance.toFixed(2)}`, title: `Take ${id}`,
          onclick: (event) => explorer.state.set({ face: id }, event) }),
        element("span", { class: "muted", "aria-hidden": "true" }, distance.toFixed(1)));
    })));
  };
})();
