/* The state as the part of the address behind #: face=000123.png&variant=dfc&Smiling=1.2&view=attributes */
(() => {
  "use strict";
  const NAMES = { face: "face", variant: "variant", view: "view", second: "second", t: "t", plus: "plus",
                  plusBy: "plusby", minus: "minus", minusBy: "minusby", seed: "seed", source: "source",
                  colour: "colour" };
  const ATTRIBUTE = "attribute."; // before an attribute that is called like one of the names above
  let written = null;
  let timer = 0;

  /** Return the key of an attribute in the hash. */
  const keyOf = (name) =>
    (Object.values(NAMES).includes(name) || name.startsWith(ATTRIBUTE) ? ATTRIBUTE + name : name);

  /** Return the hash of a state, without what a fresh page shows anyway. */
  function write(state, data) {
    const plain = explorer.state.fresh(data);
    const parts = [];
    for (const [name, key] of Object.entries(NAMES)) {
      const always = name === "face" || name === "variant" || name === "view";
      if (state[name] === "photograph" && name !== "view") continue; // a photograph stays on this machine
      if (state[name] !== "" && (always || state[name] !== plain[name])) parts.push([key, String(state[name])]);
    }
    for (const [name, amount] of Object.entries(state.edits)) parts.push([keyOf(name), String(amount)]);
    return "#" + parts.map((part) => part.map(encodeURIComponent).join("=")).join("&");
  }

  /** Return the state that a hash describes, and a sentence for each part of it that says nothing here. */
  function read(hash, data) {
    const state = explorer.state.fresh(data);
    const complaints = [];
    const has = (list, key) => (value) => list.some((item) => item[key] === value);
    const checks = {
      face: (text) => explorer.subject.isOne(text), second: (text) => explorer.subject.isOne(text),
      variant: has(data.variants, "name"), view: (text) => explorer.state.VIEWS.includes(text),
      plus: has(data.attributes, "name"), minus: has(data.attributes, "name"), colour: has(data.attributes, "name"),
      source: (text) => text === "prior" || text === "mixture",
      t: between(0, 1), plusBy: between(0, explorer.state.LIMIT), minusBy: between(0, explorer.state.LIMIT),
      seed: (text) => /^\d{1,10}$/.test(text) && Number(text) <= 4294967295,
    };
    const numbers = ["t", "plusBy", "minusBy", "seed"];
    for (const part of hash.replace(/^#/, "").split("&").filter(Boolean)) {
      const cut = part.indexOf("=");
      const key = decoded(cut < 0 ? part : part.slice(0, cut));
      const value = cut < 0 ? "" : decoded(part.slice(cut + 1));
      const name = Object.keys(NAMES).find((candidate) => NAMES[candidate] === key);
      const attribute = data.attributes.find((candidate) => keyOf(candidate.name) === key);
      if (name && checks[name](value)) state[name] = numbers.includes(name) ? Number(value) : value;
      else if (attribute && between(-explorer.state.LIMIT, explorer.state.LIMIT)(value)) {
        if (Number(value)) state.edits[attribute.name] = Number(value);
      } else complaints.push(short(`${key}=${value}`));
    }
    return { state, complaints };
  }

  const between = (low, high) => (text) =>
    text.trim() !== "" && Number.isFinite(Number(text)) && Number(text) >= low && Number(text) <= high;

  const short = (text) => (text.length > 60 ? text.slice(0, 60) + "…" : text);

  function decoded(text) {
    try { return decodeURIComponent(text); } catch { return text; }
  }

  /** Say which parts of a link were ignored. */
  function complain(complaints) {
    const parts = complaints.map((part) => `“${part}”`).join(", ");
    if (parts) explorer.say(`This page has nothing for ${parts} of the link, and shows the rest.`);
  }

  explorer.hash = {
    read, write,

    /** Take the state from the address, and keep both equal from now on. */
    start(data) {
      const { state, complaints } = read(location.hash, data);
      explorer.state.current = state;
      complain(complaints);
      explorer.state.listen(() => {
        clearTimeout(timer);
        timer = setTimeout(() => explorer.hash.flush(data), 200); // browsers allow few changes a second
      });
      window.addEventListener("hashchange", () => {
        if (location.hash === written) return;
        const other = read(location.hash, data);
        explorer.say("");
        complain(other.complaints);
        explorer.state.set(other.state);
      });
    },

    /** Write the state into the address now. */
    flush(data) {
      written = write(explorer.state.current, data);
      if (location.hash !== written) history.replaceState(null, "", written);
    },
  };
})();
