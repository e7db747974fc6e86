/* From latent vectors to canvases: at once for the picture that follows a slider, one after another for the others. */
(() => {
  "use strict";
  const KEPT = 256; // times for each variant
  const drawn = new WeakMap(); // canvas → number of the request that it shows
  const groups = new Map(); // name of a group → { turn, timer, running }
  let requests = 0;
  let open = 0;

  /** Milliseconds from the input event to the drawn canvas, the last 256 of each variant: { dfc: [23.1, …] }. */
  explorer.timing = {};

  function record(variant, milliseconds) {
    const times = (explorer.timing[variant.name] = explorer.timing[variant.name] || []);
    times.push(milliseconds);
    if (times.length > KEPT) times.shift();
  }

  explorer.drawing = {
    /**
     * Decode z by a variant and draw it. A request that waits is dropped when a newer one of its lane comes, and an
     * older picture never covers a newer one.
     *
     * @param lane "live" or any other name; requests of one lane replace each other.
     * @param event the input event behind the request; its time until the canvas is drawn is recorded.
     * @returns whether this request was drawn.
     */
    async face(canvas, variant, z, lane, event = null) {
      const number = ++requests;
      open += 1;
      try {
        const image = await explorer.engine.decode(variant.name, z, { lane });
        if (!image || (drawn.get(canvas) || 0) > number) return false;
        canvas.getContext("2d").putImageData(image, 0, 0);
        drawn.set(canvas, number);
        canvas.dataset.request = number;
        if (event) record(variant, performance.now() - event.timeStamp);
        return true;
      } catch (error) {
        explorer.say(`${variant.label} could not draw this face: ${error.message}`);
        return false;
      } finally {
        open -= 1;
      }
    },

    /** Let no request so far draw on this canvas any more. */
    forget(canvas) { drawn.set(canvas, ++requests); },

    /**
     * Run jobs one after another once nothing new has come for `delay` milliseconds. A later call with the same group
     * replaces those that have not begun.
     *
     * @param jobs returns functions that return promises.
     */
    later(group, delay, jobs) {
      const state = groups.get(group) || { turn: 0, timer: 0, running: 0 };
      groups.set(group, state);
      const turn = ++state.turn;
      clearTimeout(state.timer);
      state.timer = setTimeout(async () => {
        state.timer = 0;
        state.running += 1;
        try {
          for (const job of jobs()) {
            if (state.turn !== turn) return;
            await job();
          }
        } finally {
          state.running -= 1;
        }
      }, delay);
    },

    /** Return whether everything that was asked for is drawn. */
    idle() { return open === 0 && [...groups.values()].every((state) => !state.timer && !state.running); },
  };
})();
