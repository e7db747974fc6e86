/* View: one face, its reconstruction by every variant, and what the attributes' vectors do to it. */
(() => {
  "use strict";
  const { byId, state, subject, drawing } = explorer;
  const REST = 150; // milliseconds without a new event, after which the slider rests
  let original, live, every, predict;
  let frame = 0;

  /** Return the chosen variant's vector as it is shown, or null. */
  function shown(variant) {
    const z = variant && subject.latent(variant, state.current.face);
    return z && subject.edited(variant, z, state.current.edits);
  }

  function build() {
    original = explorer.pictures.canvas("The face as it is", { id: "original" });
    byId("original-place").prepend(original);
    live = { canvas: explorer.pictures.canvas("", { id: "live" }), reason: byId("live-reason") };
    byId("live-place").prepend(live.canvas);
    every = explorer.data.variants.map((variant) => explorer.pictures.figure(variant, variant.label));
    for (const { figure, variant } of every) {
      if (variant.canDecode) figure.addEventListener("click", (event) => state.set({ variant: variant.name }, event));
    }
    byId("every").append(...every.map(({ figure }) => figure));
    predict = explorer.predictions(byId("predictions"));
    explorer.startSliders(byId("sliders"));
  }

  function showOriginal() {
    const { face } = state.current;
    const is = subject.drawOriginal(original, face);
    byId("original-figure").hidden = !is;
    byId("original-name").textContent = is ? subject.title(face) : "";
    original.setAttribute("aria-label", `The original: ${subject.title(face)}`);
  }

  /** Draw the chosen variant's picture at once. */
  function follow(event) {
    const variant = state.variant();
    if (!variant) return;
    const reason = subject.whyNot(variant, state.current.face);
    explorer.pictures.explain(live, reason);
    byId("live-name").textContent = variant.label;
    live.canvas.dataset.variant = variant.name;
    live.canvas.setAttribute("aria-label", inWords(variant));
    if (!reason) drawing.face(live.canvas, variant, shown(variant), "live", event);
    cancelAnimationFrame(frame);
    frame = requestAnimationFrame(() => {
      const index = subject.indexOf(state.current.face);
      predict(variant, reason ? null : shown(variant), index >= 0 ? explorer.data.faces[index].labels : null);
    });
  }

  /** Return what a picture shows: "face 000123.png by VAE-123, Smiling +1.20". */
  function inWords(variant) {
    const edits = Object.entries(state.current.edits)
      .map(([name, by]) => `, ${explorer.attributeLabel(name)} ${explorer.signed(by)}`).join("");
    return `${subject.title(state.current.face)} by ${variant.label}${edits}`;
  }

  /** Draw every variant's picture once the slider rests. */
  function rest(delay) {
    for (const { figure, variant } of every) figure.classList.toggle("chosen", variant.name === state.current.variant);
    byId("every").classList.add("waiting");
    drawing.later("every", delay, () => [...every.map((entry) => async () => {
      const reason = subject.whyNot(entry.variant, state.current.face);
      explorer.pictures.explain(entry, reason);
      entry.canvas.setAttribute("aria-label", inWords(entry.variant));
      if (!reason) await drawing.face(entry.canvas, entry.variant, shown(entry.variant), `every ${entry.variant.name}`);
    }), async () => {
      byId("every").classList.remove("waiting");
      const variant = state.variant();
      explorer.showNeighbours(byId("neighbours"), variant, variant && shown(variant));
    }]);
  }

  explorer.views.attributes = {
    build,
    update(changed, event) {
      if (!changed || changed.has("face")) showOriginal();
      if (changed && !["face", "variant", "edits"].some((name) => changed.has(name))) return;
      const moved = event && event.type === "input";
      follow(moved ? event : null);
      rest(moved ? REST : 0);
    },
  };
})();
