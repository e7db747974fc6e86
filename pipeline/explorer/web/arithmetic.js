/* View: a face, plus the vector of one attribute, minus that of another. */
(() => {
  "use strict";
  const { byId, state, subject, drawing, pictures } = explorer;
  const REST = 150;
  let original, terms, every, sliders, predict;

  /** Return z, z + a·plus and z + a·plus − b·minus by a variant. */
  function sums(variant) {
    const { face, plus, plusBy, minus, minusBy } = state.current;
    const z = subject.latent(variant, face);
    const added = z && subject.edited(variant, z, { [plus]: plusBy });
    return z ? [z, added, subject.edited(variant, added, { [minus]: -minusBy })] : null;
  }

  function whyNot(variant) {
    const { face, plus, minus } = state.current;
    const without = [plus, minus].find((name) => !subject.vector(variant, name));
    return subject.whyNot(variant, face)
      || (without ? `It has no vector of ${explorer.attributeLabel(without)}.` : "");
  }

  function build() {
    const names = explorer.data.attributes.map(({ name, label }) => [name, label]);
    original = pictures.canvas("The face as it is", { id: "arithmetic-original" });
    byId("arithmetic-original-place").prepend(original);
    terms = ["face", "added", "result"].map((name) => {
      const entry = { canvas: pictures.canvas("", { id: `arithmetic-${name}` }),
                      reason: byId(`arithmetic-${name}-reason`) };
      byId(`arithmetic-${name}-place`).prepend(entry.canvas);
      return entry;
    });
    sliders = {};
    for (const which of ["plus", "minus"]) {
      const select = byId(`arithmetic-${which}`);
      explorer.fillSelect(select, names, state.current[which]);
      select.addEventListener("change", (event) => state.set({ [which]: select.value }, event));
      sliders[which] = explorer.slider({ id: `arithmetic-${which}-by`,
        label: `${which === "plus" ? "Added" : "Taken away"}, in whole vectors`,
        low: 0, high: state.LIMIT, step: 0.05, marks: [[0, "0"], [1, "1"], [state.LIMIT, "4"]],
        text: (value) => value.toFixed(2), oninput: (value, event) => state.set({ [`${which}By`]: value }, event) });
      byId(`arithmetic-${which}-slider`).append(sliders[which].row);
    }
    every = explorer.data.variants.map((variant) => pictures.figure(variant, variant.label));
    byId("arithmetic-every").append(...every.map(({ figure }) => figure));
    predict = explorer.predictions(byId("arithmetic-predictions"));
  }

  function follow(event) {
    const variant = state.variant();
    if (!variant) return;
    const reason = whyNot(variant);
    const by = sums(variant);
    const plus = explorer.attributeLabel(state.current.plus);
    const minus = explorer.attributeLabel(state.current.minus);
    const words = ["Reconstruction", `+ ${plus}`, `− ${minus}`];
    terms.forEach((entry, at) => {
      pictures.explain(entry, reason);
      entry.canvas.dataset.variant = variant.name;
      const sum = words.slice(0, at + 1).join(" ");
      entry.canvas.setAttribute("aria-label", `${subject.title(state.current.face)} by ${variant.label}: ${sum}`);
      if (reason) return;
      const last = at === terms.length - 1;
      drawing.face(entry.canvas, variant, by[at], last ? "live" : `term ${at}`, last ? event : null);
    });
    byId("arithmetic-added-name").textContent = words[1];
    byId("arithmetic-result-name").textContent = words[2];
    predict(variant, reason ? null : by[2], null);
  }

  function rest(delay) {
    for (const { figure, variant } of every) figure.classList.toggle("chosen", variant.name === state.current.variant);
    drawing.later("arithmetic", delay, () => every.map((entry) => async () => {
      const reason = whyNot(entry.variant);
      pictures.explain(entry, reason);
      if (!reason) await drawing.face(entry.canvas, entry.variant, sums(entry.variant)[2], `sum ${entry.variant.name}`);
    }));
  }

  explorer.views.arithmetic = {
    build,
    update(changed, event) {
      const able = explorer.data.attributes.length > 0;
      byId("arithmetic-needs").hidden = able;
      byId("arithmetic-body").hidden = !able;
      if (!able) return;
      for (const which of ["plus", "minus"]) {
        byId(`arithmetic-${which}`).value = state.current[which];
        sliders[which].set(state.current[`${which}By`]);
      }
      byId("arithmetic-original-figure").hidden = !subject.drawOriginal(original, state.current.face);
      const moved = event && event.type === "input";
      follow(moved ? event : null);
      rest(moved ? REST : 0);
    },
  };
})();
