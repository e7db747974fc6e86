/* View: the straight line between two latent vectors. */
(() => {
  "use strict";
  const { byId, element, state, subject, drawing, pictures } = explorer;
  const STEPS = 7;
  const REST = 150;
  let ends, live, strips, slider;

  /** Return (1 − t)·z_first + t·z_second by a variant, or null. */
  function mixed(variant, t) {
    const first = subject.latent(variant, state.current.face);
    const second = subject.latent(variant, state.current.second);
    return first && second && first.map((value, i) => (1 - t) * value + t * second[i]);
  }

  const whyNot = (variant) =>
    subject.whyNot(variant, state.current.face) || subject.whyNot(variant, state.current.second);

  function build() {
    ends = ["first", "second"].map((name) => pictures.canvas("", { id: `between-${name}` }));
    byId("between-first-place").prepend(ends[0]);
    byId("between-second-place").prepend(ends[1]);
    live = { canvas: pictures.canvas("", { id: "between-live" }), reason: byId("between-live-reason") };
    byId("between-live-place").prepend(live.canvas);
    slider = explorer.slider({ id: "between-slider", label: "From the first face (0) to the second (1)",
      low: 0, high: 1, step: 0.01, text: (value) => value.toFixed(2), oninput: (t, event) => state.set({ t }, event) });
    byId("between-slider-place").append(slider.row);
    strips = explorer.data.variants.map((variant) => {
      const cells = Array.from({ length: STEPS }, (_, at) =>
        pictures.canvas(`${variant.label}, step ${at + 1} of ${STEPS}`, { data: { variant: variant.name, step: at } }));
      const reason = element("p", { class: "reason", hidden: true });
      const line = element("div", { class: "strip" }, ...cells);
      const row = element("div", { class: "strip-row" }, element("h3", {}, variant.label), reason, line);
      return { variant, cells, reason, line, row };
    });
    byId("strips").append(...strips.map(({ row }) => row));
    for (const input of document.querySelectorAll('input[name="which"]')) {
      input.addEventListener("change", () => explorer.showFaces());
    }
  }

  function follow(event) {
    const variant = state.variant();
    if (!variant) return;
    const reason = whyNot(variant);
    pictures.explain(live, reason);
    byId("between-name").textContent = variant.label;
    live.canvas.setAttribute("aria-label", `Between both faces at ${state.current.t.toFixed(2)}, by ${variant.label}`);
    if (!reason) drawing.face(live.canvas, variant, mixed(variant, state.current.t), "live", event);
  }

  function showEnds() {
    ["face", "second"].forEach((which, at) => {
      const id = state.current[which];
      const context = ends[at].getContext("2d");
      context.clearRect(0, 0, ends[at].width, ends[at].height);
      subject.drawOriginal(ends[at], id);
      ends[at].setAttribute("aria-label", `${at ? "Second" : "First"}: ${subject.title(id)}`);
    });
  }

  function drawStrips(delay) {
    drawing.later("strips", delay, () => strips.flatMap(({ variant, cells, reason, line }) => {
      reason.textContent = whyNot(variant);
      reason.hidden = !reason.textContent;
      line.hidden = Boolean(reason.textContent);
      if (reason.textContent) return [];
      return cells.map((canvas, at) => () =>
        drawing.face(canvas, variant, mixed(variant, at / (STEPS - 1)), `strip ${variant.name} ${at}`));
    }));
  }

  explorer.views.between = {
    build,
    update(changed, event) {
      const able = explorer.data.faces.length > 0;
      byId("between-needs").hidden = able;
      byId("between-body").hidden = !able;
      if (!able) return;
      const ofFaces = !changed || changed.has("face") || changed.has("second");
      if (ofFaces) showEnds();
      if (!changed || changed.has("t")) slider.set(state.current.t);
      if (ofFaces || changed.has("t") || changed.has("variant")) follow(event && event.type === "input" ? event : null);
      if (ofFaces) drawStrips(changed ? REST : 0);
    },
  };
})();
