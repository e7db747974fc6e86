/* The page begins here. */
(() => {
  "use strict";
  const { byId } = explorer;

  async function start() {
    try {
      await explorer.load(document);
      if (!explorer.data.variants.some((variant) => variant.canDecode)) {
        throw new Error(["There is no variant whose decoder is in this page.", ...explorer.data.notes].join(" "));
      }
      await explorer.pictures.start();
    } catch (error) {
      byId("loading").hidden = true;
      explorer.say(error.message);
      return;
    }
    const { data } = explorer;
    byId("explorer").hidden = false; // before the views are built: a canvas has no size while it is hidden
    explorer.hash.start(data);
    explorer.startVariants();
    explorer.startFaces();
    for (const view of explorer.state.VIEWS) explorer.views[view].build();
    explorer.startTabs();
    byId("loading").hidden = true;
    document.documentElement.dataset.ready = "true";
  }

  start();
})();
