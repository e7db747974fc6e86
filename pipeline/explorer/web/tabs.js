/* The views as tabs: arrow keys move between them, and only the chosen one is shown and kept up to date. */
(() => {
  "use strict";
  const WITH_FACES = ["attributes", "between", "arithmetic"];

  /** Views by name: { update(changed, event) }. `changed` is null when the view is shown anew. */
  explorer.views = {};

  const tabs = () => [...document.querySelectorAll('[role="tab"]')];

  function choose(name) {
    for (const tab of tabs()) {
      const chosen = tab.dataset.view === name;
      tab.setAttribute("aria-selected", String(chosen));
      tab.tabIndex = chosen ? 0 : -1;
      explorer.byId(tab.getAttribute("aria-controls")).hidden = !chosen;
      if (chosen) tab.scrollIntoView({ block: "nearest", inline: "nearest" });
    }
    explorer.byId("faces").hidden = !WITH_FACES.includes(name) || !explorer.data.faces.length;
    explorer.byId("explorer").dataset.view = name;
    explorer.views[name].update(null, null);
    const focused = document.activeElement;
    if (focused !== document.body && focused.closest("[hidden]")) explorer.byId(`tab-${name}`).focus();
  }

  function onKey(event) {
    const all = tabs();
    const at = all.indexOf(event.target);
    const next = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    const tab = all[(next + all.length) % all.length];
    tab.focus();
    explorer.state.set({ view: tab.dataset.view }, event);
  }

  explorer.startTabs = () => {
    for (const tab of tabs()) {
      tab.addEventListener("click", (event) => explorer.state.set({ view: tab.dataset.view }, event));
      tab.addEventListener("keydown", onKey);
    }
    explorer.state.listen((changed, event) => {
      const { view } = explorer.state.current;
      if (changed.has("view")) {
        explorer.say("");
        choose(view);
      } else explorer.views[view].update(changed, event);
    });
    choose(explorer.state.current.view);
  };
})();
