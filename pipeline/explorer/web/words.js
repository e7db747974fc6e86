/* Numbers and sentences for people. */
(() => {
  "use strict";

  /** Return a number with its sign, a true minus, and `digits` decimals; 0 has no sign. */
  explorer.signed = (number, digits = 2) => {
    const text = Math.abs(number).toFixed(digits);
    if (Number(text) === 0) return text;
    return (number < 0 ? "−" : "+") + text;
  };

  /** Say a sentence in the line below the heading, which screen readers read out; "" clears it. */
  explorer.say = (sentence) => {
    const line = explorer.byId("status");
    line.textContent = sentence;
    line.hidden = !sentence;
  };

  /** Tell screen readers alone; for what the eye sees anyway. */
  explorer.whisper = (sentence) => { explorer.byId("whisper").textContent = sentence; };

  /** Return the label of an attribute by its name. */
  explorer.attributeLabel = (name) => {
    const found = explorer.data.attributes.find((attribute) => attribute.name === name);
    return found ? found.label : name;
  };
})();
