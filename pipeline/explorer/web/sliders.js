/* A slider for each attribute, −4 … 4 in units of the attribute's whole vector, with 0 and 1 marked. */
(() => {
  "use strict";
  const { element, state } = explorer;
  const rows = [];

  /** Return a range input with marks below it and its value beside it. */
  explorer.slider = ({ id, label, low, high, step, marks = [], oninput, text = explorer.signed }) => {
    const output = element("output", { for: id });
    const input = element("input", { type: "range", id, min: low, max: high, step });
    const set = (value) => {
      input.value = value;
      output.textContent = text(value);
      input.setAttribute("aria-valuetext", text(value));
      row.classList.toggle("moved", marks.length > 0 && value !== 0);
      input.style.setProperty("--part", (value - low) / (high - low));
    };
    input.addEventListener("input", (event) => {
      set(Number(input.value));
      oninput(Number(input.value), event);
    });
    const scale = element("span", { class: "marks", "aria-hidden": "true" }, ...marks.map(([value, name]) =>
      element("span", { class: value === 1 ? "mark one" : "mark", "--part": (value - low) / (high - low) }, name)));
    const row = element("div", { class: "slider" }, element("label", { for: id }, label), output,
      element("span", { class: "track" }, input, scale));
    return { row, input, set };
  };

  function attributeSlider(attribute, number) {
    const name = attribute.name;
    const { LIMIT } = state;
    const made = explorer.slider({
      id: `slider-${number}`, label: attribute.label, low: -LIMIT, high: LIMIT, step: 0.05,
      marks: [[-LIMIT, "−4"], [0, "0"], [1, "1"], [LIMIT, "+4"]],
      oninput: (value, event) => state.edit(name, value, event) });
    made.input.dataset.attribute = name;
    made.input.addEventListener("keydown", (event) => {
      if (event.key !== "Delete" && event.key !== "Backspace" && event.key !== "0") return;
      event.preventDefault();
      state.edit(name, 0, event);
    });
    rows.push({ name, ...made });
    return made.row;
  }

  /** Build the sliders, six first and the others folded. */
  explorer.startSliders = (place) => {
    const { attributes } = explorer.data;
    if (!attributes.length) {
      place.replaceChildren(element("p", {}, "Sliders need attributes, and the data set has none."));
      return;
    }
    const number = new Map(attributes.map((attribute, at) => [attribute, at]));
    const main = attributes.filter((attribute) => attribute.main);
    const rest = attributes.filter((attribute) => !attribute.main);
    const build = (list) => list.map((attribute) => attributeSlider(attribute, number.get(attribute)));
    const folded = element("details", { id: "more-attributes", open: !main.length },
      element("summary", {}, main.length ? `More attributes (${rest.length})` : `Attributes (${rest.length})`),
      ...build(rest));
    place.replaceChildren(...build(main), ...(rest.length ? [folded] : []));
    if (rest.some(({ name }) => name in state.current.edits)) folded.open = true;
    showAble();
    show();
    state.listen((changed) => {
      if (changed.has("variant")) showAble();
      if (changed.has("edits")) show();
    });
    explorer.byId("reset").addEventListener("click", (event) => {
      state.set({ edits: {} }, event);
      explorer.whisper("All attributes are at 0.");
    });
  };

  /** Let the sliders of those attributes move that the chosen variant has a vector of. */
  function showAble() {
    const variant = state.variant();
    for (const { name, row, input } of rows) {
      const able = Boolean(variant && explorer.subject.vector(variant, name));
      input.disabled = !able;
      row.title = able || !variant ? "" : `${variant.label} has no vector of this attribute.`;
    }
  }

  function show() {
    for (const { name, input, set } of rows) {
      const amount = state.current.edits[name] || 0;
      if (Number(input.value) !== amount || !input.hasAttribute("aria-valuetext")) set(amount);
    }
    explorer.byId("reset").disabled = !Object.keys(state.current.edits).length;
  }
})();
