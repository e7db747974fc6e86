/* View: pictures of latent vectors drawn at random, the same for every variant. */
(() => {
  "use strict";
  const { byId, element, state, subject, drawing, pictures } = explorer;
  const SHOWN = 8;
  const LARGEST = 4294967295;
  let rows;

  const idOf = (at) => `sample:${state.current.source}:${(state.current.seed + at) % (LARGEST + 1)}`;

  function build() {
    rows = explorer.data.variants.map((variant) => {
      const buttons = Array.from({ length: SHOWN }, (_, at) => {
        const canvas = pictures.canvas("", { data: { variant: variant.name, sample: at } });
        const button = element("button", { type: "button", class: "take", disabled: !variant.canDecode,
          onclick: (event) => take(variant, at, event) }, canvas);
        return { button, canvas };
      });
      const reason = element("p", { class: "reason", hidden: true });
      const line = element("div", { class: "samples" }, ...buttons.map(({ button }) => button));
      return { variant, buttons, reason, line,
        row: element("div", { class: "strip-row" }, element("h3", {}, variant.label,
          element("span", { class: "muted" }, `, ${variant.latentDim} dimensions`)), reason, line) };
    });
    byId("sample-rows").append(...rows.map(({ row }) => row));
    const seed = byId("seed");
    seed.addEventListener("change", (event) => {
      const value = Number(seed.value);
      if (seed.value === "" || !(Number.isInteger(value) && value >= 0 && value <= LARGEST)) {
        explorer.say(`A seed is a whole number from 0 to ${LARGEST}.`);
        seed.value = state.current.seed;
        return;
      }
      explorer.say("");
      state.set({ seed: value }, event);
    });
    byId("seed-next").addEventListener("click", (event) => step(SHOWN, event));
    byId("seed-back").addEventListener("click", (event) => step(-SHOWN, event));
    for (const input of document.querySelectorAll('input[name="source"]')) {
      input.addEventListener("change", (event) => state.set({ source: input.value }, event));
    }
  }

  /** Take a sample to the sliders. */
  function take(variant, at, event) {
    state.set({ face: idOf(at), variant: variant.name, edits: {}, view: "attributes" }, event);
  }

  function step(by, event) {
    const seed = Math.min(Math.max(state.current.seed + by, 0), LARGEST);
    state.set({ seed }, event);
    explorer.whisper(`Samples from seed ${seed}.`);
  }

  function words() {
    const sizes = new Set(explorer.data.variants.map(({ latentDim }) => latentDim));
    const same = sizes.size === 1 ? "Every variant gets the same z"
      : "Variants of as many latent dimensions get the same z; the others get their own";
    return state.current.source === "prior" ? `${same}, drawn from N(0, I).`
      : "Every variant draws by the same seed from the mixture of Gaussians that was fitted to its own latent vectors.";
  }

  explorer.views.samples = {
    build,
    update(changed) {
      if (changed && !changed.has("seed") && !changed.has("source")) return;
      byId("seed").value = state.current.seed;
      for (const input of document.querySelectorAll('input[name="source"]')) {
        input.checked = input.value === state.current.source;
      }
      byId("sample-words").textContent = words();
      drawing.later("samples", changed ? 60 : 0, () => rows.flatMap(({ variant, buttons, reason, line }) => {
        reason.textContent = subject.whyNot(variant, idOf(0));
        reason.hidden = !reason.textContent;
        line.hidden = Boolean(reason.textContent);
        if (reason.textContent) return [];
        return buttons.map(({ button, canvas }, at) => () => {
          const id = idOf(at);
          canvas.setAttribute("aria-label", `${subject.title(id)} by ${variant.label}`);
          button.title = `Take ${subject.title(id)} to Attributes`;
          return drawing.face(canvas, variant, subject.latent(variant, id), `sample ${variant.name} ${at}`);
        });
      }));
    },
  };
})();
