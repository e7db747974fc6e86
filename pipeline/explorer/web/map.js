/* View: the test faces laid out by t-SNE of a variant's latent vectors. Pan, zoom, look, take. */
(() => {
  "use strict";
  const { byId, state, subject } = explorer;
  const PAN = 60; // CSS pixels for one key
  let canvas, view, variant, points, drawnFor;
  let cursor = -1;
  let wanted = 0;
  const pointers = new Map();
  let moved = 0;

  const size = () => [canvas.clientWidth, canvas.clientHeight];
  const chosen = () => subject.indexOf(state.current.face);

  function draw() {
    if (wanted || !points) return;
    wanted = requestAnimationFrame(() => {
      wanted = 0;
      explorer.drawMap(canvas, { points, view, size: size(), colour: state.current.colour, cursor, chosen: chosen(),
                                 faces: byId("map-faces").checked });
    });
  }

  /** Put the cursor on a face, and show it beside the map. */
  function look(index, aloud = false) {
    if (index === cursor) return;
    cursor = index;
    const shown = index >= 0 ? index : chosen();
    byId("map-figure").hidden = shown < 0;
    if (shown >= 0) {
      explorer.pictures.drawOriginal(byId("map-face"), shown);
      byId("map-face").setAttribute("aria-label", explorer.faceInWords(shown));
      const words = explorer.faceInWords(shown).replace(/^Face /, "");
      byId("map-name").textContent = shown === chosen() ? `${words} (taken)` : words;
    }
    if (aloud && index >= 0) explorer.whisper(explorer.faceInWords(index));
    draw();
  }

  function take(index, event) {
    if (index < 0) return;
    state.set({ face: explorer.data.faces[index].id }, event);
    explorer.whisper(`${explorer.faceInWords(index)} is taken.`);
  }

  /** Return the number of the face at a pixel, or −1. */
  function at([x, y]) {
    const reach = byId("map-faces").checked ? explorer.mapSide(view.scale, points.length, size()) / 2 + 3 : 12;
    let best = -1;
    let least = reach;
    points.forEach((point, i) => {
      const [left, top] = view.toPixel(point);
      const distance = Math.max(Math.abs(left - x), Math.abs(top - y));
      if (distance <= least) { least = distance; best = i; }
    });
    return best;
  }

  const place = (event) => {
    const box = canvas.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };

  function onPointerMove(event) {
    const here = place(event);
    if (!pointers.has(event.pointerId)) { look(at(here)); return; }
    const before = pointers.get(event.pointerId);
    const other = [...pointers].find(([id]) => id !== event.pointerId);
    if (other) {
      const apart = (point) => Math.hypot(point[0] - other[1][0], point[1] - other[1][1]) || 1;
      view.zoom(apart(here) / apart(before), [0, 1].map((i) => (here[i] + other[1][i]) / 2));
      view.pan((here[0] - before[0]) / 2, (here[1] - before[1]) / 2);
    } else view.pan(here[0] - before[0], here[1] - before[1]);
    moved += Math.hypot(here[0] - before[0], here[1] - before[1]);
    pointers.set(event.pointerId, here);
    draw();
  }

  function onPointerUp(event) {
    const was = pointers.delete(event.pointerId);
    if (was && event.type === "pointerup" && moved < 6) {
      const index = at(place(event));
      look(index);
      take(index, event);
    }
  }

  function onKey(event) {
    const [right, down] = explorer.arrow(event);
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    if (right || down) {
      if (event.shiftKey) view.pan(-right * PAN, -down * PAN);
      else step(right, down);
    } else if (event.key === "+" || event.key === "=") view.zoom(1.4);
    else if (event.key === "-" || event.key === "−") view.zoom(1 / 1.4);
    else if (event.key === "0") view.reset();
    else if (event.key === "Enter" || event.key === " ") take(cursor, event);
    else return;
    event.preventDefault();
    draw();
  }

  function step(right, down) {
    const from = cursor >= 0 ? cursor : Math.max(chosen(), 0);
    const next = cursor < 0 ? from : explorer.nearestInDirection(points.map(view.toPixel), from, right, down);
    if (next < 0) return;
    view.reveal(points[next]);
    look(next, true);
  }

  function build() {
    canvas = byId("map-canvas");
    view = explorer.mapView(size);
    byId("map-face").width = byId("map-face").height = explorer.data.imageSize;
    canvas.addEventListener("pointerdown", (event) => {
      canvas.setPointerCapture(event.pointerId);
      moved = pointers.size ? moved : 0;
      pointers.set(event.pointerId, place(event));
    });
    canvas.addEventListener("pointermove", onPointerMove);
    canvas.addEventListener("pointerup", onPointerUp);
    canvas.addEventListener("pointercancel", onPointerUp);
    canvas.addEventListener("pointerleave", () => { if (!pointers.size) look(-1); });
    canvas.addEventListener("wheel", (event) => {
      event.preventDefault();
      view.zoom(Math.exp(-event.deltaY * (event.deltaMode ? 0.05 : 0.002)), place(event));
      draw();
    }, { passive: false });
    canvas.addEventListener("keydown", onKey);
    canvas.addEventListener("blur", () => look(-1));
    const press = (id, act) => byId(id).addEventListener("click", () => { act(); draw(); });
    press("map-in", () => view.zoom(1.4));
    press("map-out", () => view.zoom(1 / 1.4));
    press("map-all", () => view.reset());
    byId("map-faces").addEventListener("change", draw);
    const colour = byId("map-colour");
    const names = explorer.data.attributes.map(({ name, label }) => [name, label]);
    explorer.fillSelect(colour, [["", "nothing"], ...names], state.current.colour);
    colour.addEventListener("change", (event) => state.set({ colour: colour.value }, event));
    byId("map-open").addEventListener("click", (event) => state.set({ view: "attributes" }, event));
    new ResizeObserver(draw).observe(canvas);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", draw);
  }

  /** Return the variant whose map is shown: the chosen one, or the first that has a map. */
  function mapped() {
    const own = state.variant();
    return own && own.map ? own : explorer.data.variants.find((candidate) => candidate.map) || null;
  }

  explorer.views.map = {
    build,
    update(changed) {
      variant = mapped();
      byId("map-needs").hidden = Boolean(variant);
      byId("map-body").hidden = !variant;
      if (!variant) return;
      if (drawnFor !== variant) {
        points = Array.from({ length: variant.map.length / 2 }, (_, i) => [variant.map[2 * i], variant.map[2 * i + 1]]);
        drawnFor = variant;
        view.reset();
      }
      const own = variant === state.variant();
      byId("map-of").textContent = own ? variant.label : `${variant.label}, the one variant with a map here`;
      byId("map-colour").value = state.current.colour;
      byId("map-key").hidden = !state.current.colour;
      if (!changed || changed.has("face") || changed.has("variant")) {
        const before = cursor;
        cursor = -2; // so that what is shown beside the map is made anew
        look(before);
        const z = subject.latent(variant, state.current.face);
        explorer.showNeighbours(byId("map-neighbours"), variant, z);
      }
      draw();
    },
  };
})();
