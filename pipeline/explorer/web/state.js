/* What the page shows, in one place. Views listen to it; the hash holds it. */
(() => {
  "use strict";
  const listeners = [];
  const VIEWS = ["attributes", "between", "arithmetic", "samples", "map", "photograph", "notes"];
  const LIMIT = 4; // of an attribute's slider, in units of the whole vector

  /** Return the state of a page that was opened without a hash. */
  function fresh(data) {
    const names = data.attributes.map((attribute) => attribute.name);
    const faces = data.faces;
    const able = data.variants.filter((variant) => variant.canDecode);
    const first = able.find((variant) => variant.name === "dfc" && variant.latents)
      || able.find((variant) => variant.latents) || able[0] || data.variants[0];
    return {
      view: faces.length ? "attributes" : "samples",
      face: faces.length ? faces[0].id : "",
      second: faces.length > 1 ? faces[1].id : faces.length ? faces[0].id : "",
      variant: first ? first.name : "",
      edits: {}, // attribute → amount; those that are 0 are absent
      t: 0.5,
      plus: preferred(names, "Smiling", 0), plusBy: 1,
      minus: preferred(names, "Eyeglasses", 1), minusBy: 1,
      seed: 1, source: "prior",
      colour: "",
    };
  }

  const preferred = (names, name, at) => (names.includes(name) ? name : names[at] || names[0] || "");

  const state = {
    VIEWS, LIMIT, fresh,
    current: null,

    /** Change some values. Listeners get the names of the values that differ, and the event behind the change. */
    set(changes, event = null) {
      const changed = new Set(Object.keys(changes).filter(
        (name) => JSON.stringify(changes[name]) !== JSON.stringify(state.current[name])));
      if (!changed.size) return;
      state.current = { ...state.current, ...changes };
      for (const listener of listeners) listener(changed, event);
    },

    /** Set one attribute's amount, −4 … 4. */
    edit(name, amount, event = null) {
      const edits = { ...state.current.edits };
      if (amount === 0) delete edits[name];
      else edits[name] = amount;
      state.set({ edits }, event);
    },

    /** Call `listener(changed, event)` after every change. */
    listen(listener) { listeners.push(listener); },

    /** Return the chosen variant, an entry of data.variants. */
    variant() { return explorer.data.variants.find((variant) => variant.name === state.current.variant) || null; },
  };
  explorer.state = state;
})();
