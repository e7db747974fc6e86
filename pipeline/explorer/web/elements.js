/* Elements of the page. Text stays text, whatever an attribute, a face or a variant is called. */
window.explorer = window.explorer || {};
(() => {
  "use strict";

  /** Return a new element. `properties` are attributes; `on…` are listeners, `data` is its dataset. */
  explorer.element = (tag, properties = {}, ...children) => {
    const made = document.createElement(tag);
    for (const [name, value] of Object.entries(properties)) {
      if (value === null || value === undefined || value === false) continue;
      if (name === "data") Object.assign(made.dataset, value);
      else if (name.startsWith("on")) made.addEventListener(name.slice(2), value);
      else if (name.startsWith("--")) made.style.setProperty(name, value);
      else made.setAttribute(name, value === true ? "" : value);
    }
    made.append(...children.filter((child) => child !== null && child !== undefined));
    return made;
  };

  /** Return the element of the page with this id. */
  explorer.byId = (id) => document.getElementById(id);

  /** Return the direction of an arrow key, [right, down] of −1, 0 or 1; [0, 0] for another key. */
  explorer.arrow = ({ key }) =>
    ({ ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] })[key] || [0, 0];

  /** Fill a <select> with options, pairs of value and text. */
  explorer.fillSelect = (select, options, chosen) => {
    select.replaceChildren(...options.map(([value, text]) => explorer.element("option", { value }, text)));
    select.value = chosen;
  };
})();
