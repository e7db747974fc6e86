/* The list of test faces, and the choice of the variant. */
(() => {
  "use strict";
  const { element, byId } = explorer;
  let options = [];

  /** Return which of two faces a choice sets: "face", the first, or "second". */
  function which() {
    const { view } = explorer.state.current;
    const chosen = document.querySelector('input[name="which"]:checked');
    return view === "between" && chosen ? chosen.value : "face";
  }

  function show() {
    const chosen = explorer.state.current[which()];
    const list = byId("face-list");
    const { view, face, second } = explorer.state.current;
    const other = view === "between" ? (which() === "face" ? second : face) : null;
    for (const option of options) {
      option.setAttribute("aria-selected", String(option.dataset.id === chosen));
      option.classList.toggle("other", option.dataset.id === other);
    }
    const at = options.find((option) => option.dataset.id === chosen);
    if (!at) { list.removeAttribute("aria-activedescendant"); return; }
    list.setAttribute("aria-activedescendant", at.id);
    reveal(list, at);
  }

  /** Scroll the list, and nothing else of the page, so that an option can be seen. */
  function reveal(list, option) {
    if (option.offsetTop < list.scrollTop) list.scrollTop = option.offsetTop;
    const below = option.offsetTop + option.offsetHeight - list.clientHeight;
    if (below > list.scrollTop) list.scrollTop = below;
    if (option.offsetLeft < list.scrollLeft) list.scrollLeft = option.offsetLeft;
    const right = option.offsetLeft + option.offsetWidth - list.clientWidth;
    if (right > list.scrollLeft) list.scrollLeft = right;
  }

  function choose(option, event) { explorer.state.set({ [which()]: option.dataset.id }, event); }

  /** Return how many faces away the next column and the next row are: a low list fills columns, not rows. */
  function steps() {
    const beside = (side) => Math.max(1, options.filter((option) => option[side] === options[0][side]).length);
    const byColumn = options.length > 1 && options[1].offsetLeft === options[0].offsetLeft;
    return byColumn ? [beside("offsetLeft"), 1] : [1, beside("offsetTop")];
  }

  function onKey(event) {
    const at = options.findIndex((option) => option.getAttribute("aria-selected") === "true");
    const [right, down] = steps();
    const next = { ArrowRight: at + right, ArrowLeft: at - right, ArrowDown: at + down, ArrowUp: at - down,
                   Home: 0, End: options.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    choose(options[Math.min(Math.max(next, 0), options.length - 1)], event);
  }

  /** Return the words on a face for screen readers: its name and what its labels say of the six main attributes. */
  explorer.faceInWords = (index) => {
    const face = explorer.data.faces[index];
    const says = explorer.data.attributes.filter(({ main, name }) => main && face.labels && face.labels[name] === true);
    return `Face ${face.id}${says.length ? ", " + says.map(({ label }) => label).join(", ") : ""}`;
  };

  explorer.startFaces = () => {
    const list = byId("face-list");
    options = explorer.data.faces.map((face, index) => explorer.pictures.thumb(index, "div", {
      role: "option", id: `face-${index}`, "aria-label": explorer.faceInWords(index), "aria-selected": "false",
      title: face.id, data: { id: face.id } }));
    list.replaceChildren(...options);
    list.addEventListener("click", (event) => {
      const option = event.target.closest('[role="option"]');
      if (option) choose(option, event);
    });
    if (options.length) list.addEventListener("keydown", onKey);
    byId("face-count").textContent = String(options.length);
    explorer.showFaces = show;
    explorer.state.listen((changed) => {
      if (["face", "second", "view"].some((name) => changed.has(name))) show();
    });
    show();
  };

  explorer.startVariants = () => {
    const place = byId("variants");
    const inputs = explorer.data.variants.map((variant) => element("input", {
      type: "radio", name: "variant", id: `variant-${variant.name}`, value: variant.name, disabled: !variant.canDecode,
      onchange: (event) => explorer.state.set({ variant: variant.name }, event) }));
    const why = (variant) => (variant.canDecode ? null : "Its decoder is not in this page; Notes says why.");
    place.append(...explorer.data.variants.map((variant, at) =>
      element("label", { title: why(variant) }, inputs[at], element("span", {}, variant.label))));
    const check = () => {
      for (const input of inputs) input.checked = input.value === explorer.state.current.variant;
    };
    explorer.state.listen(check);
    check();
  };
})();
