/* What a variant's SVMs answer about the latent vector that is shown. */
(() => {
  "use strict";
  const { element } = explorer;
  const FULL = 3; // decision value at which a bar is full

  /** Build the table in `place`; returns `show(variant, z, labels)`. */
  explorer.predictions = (place) => {
    const rows = new Map();
    const table = (attributes, caption) => element("table", { class: "answers" },
      element("caption", { class: "hidden" }, caption),
      element("thead", {}, element("tr", {}, ...["Attribute", "Answer", "Decision value", "Label"].map(
        (text) => element("th", { scope: "col", class: text === "Label" ? "label" : null }, text)))),
      element("tbody", {}, ...attributes.map((attribute) => {
        const answer = element("td", { class: "answer" });
        const bar = element("span", { class: "bar" });
        const value = element("span", { class: "value" });
        const label = element("td", { class: "label" });
        rows.set(attribute.name, { answer, bar, value, label });
        return element("tr", {}, element("th", { scope: "row" }, attribute.label), answer,
                       element("td", { class: "decision" }, element("span", { class: "scale" }, bar), value), label);
      })));
    const { attributes } = explorer.data;
    const main = attributes.filter((attribute) => attribute.main);
    const rest = attributes.filter((attribute) => !attribute.main);
    const sentence = element("p", { class: "muted" });
    const tables = element("div", {});
    let folded = null; // the rows in it are not kept up to date while it is closed
    if (main.length) tables.append(table(main, "Predicted attributes"));
    if (rest.length) {
      folded = element("details", { open: !main.length, ontoggle: () => { if (folded.open) again(); } },
        element("summary", {}, `${main.length ? "More predicted" : "Predicted"} attributes (${rest.length})`),
        table(rest, "More predicted attributes"));
      tables.append(folded);
    }
    place.replaceChildren(sentence, tables);

    let shown = [null, null, null];
    const again = () => show(...shown);

    function show(variant, z, labels) {
      shown = [variant, z, labels];
      const able = variant && variant.svms && z;
      tables.hidden = !able;
      tables.classList.toggle("unlabelled", !labels);
      sentence.textContent = able
        ? `By the linear SVMs of ${variant.label} on this latent vector. Above 0 the answer is yes.`
        : missing(variant, z);
      if (!able) return;
      const seen = new Set();
      for (const { attribute, decision } of explorer.math.predict(variant, z)) {
        const { name, main: always } = attributes[attribute];
        if (!always && folded && !folded.open) continue;
        const row = rows.get(name);
        seen.add(name);
        row.answer.textContent = decision > 0 ? "yes" : "no";
        row.answer.classList.toggle("yes", decision > 0);
        row.value.textContent = explorer.signed(decision);
        row.bar.style.transform = `scaleX(${Math.min(Math.max(decision / FULL, -1), 1)})`;
        row.label.textContent = labels && name in labels ? (labels[name] ? "yes" : "no") : "–";
      }
      for (const [name, row] of rows) {
        if (seen.has(name)) continue;
        row.answer.textContent = "–";
        row.value.textContent = "no SVM";
        row.bar.style.transform = "scaleX(0)";
      }
    }

    return show;
  };

  function missing(variant, z) {
    if (!explorer.data.attributes.length) return "This needs attributes, and the data set has none.";
    if (variant && !variant.svms) return `${variant.label} has no SVMs: nothing is predicted.`;
    return z ? "Nothing is predicted." : "There is no latent vector to predict from.";
  }
})();
