/* Pictures of faces: the sprites of the data, canvases, and faces as small buttons. */
(() => {
  "use strict";
  const { element } = explorer;
  const sheets = {}; // name of a sprite → its HTMLImageElement

  /** Load a sprite; `null` where the data have none. */
  async function load(name) {
    const sprite = explorer.data[name];
    if (!sprite || !sprite.src) return;
    const image = new Image();
    image.src = sprite.src;
    await image.decode();
    sheets[name] = image;
  }

  /** Return where the cell of a face is in a sprite: [x, y, size], in pixels. */
  function cell(sprite, index) {
    return [(index % sprite.columns) * sprite.size, Math.floor(index / sprite.columns) * sprite.size, sprite.size];
  }

  explorer.pictures = {
    /** Load both sprites, and make a rule of style that shows cells of the thumbnails. */
    async start() {
      await Promise.all([load("thumbnails"), load("originals")]);
      const sprite = explorer.data.thumbnails;
      if (!sheets.thumbnails) return;
      const rows = Math.max(1, Math.round(sheets.thumbnails.naturalHeight / sprite.size));
      document.head.append(element("style", {}, `.thumb { background-image: url("${sprite.src}"); `
        + `background-size: ${sprite.columns * 100}% ${rows * 100}%; }`));
      explorer.pictures.rows = rows;
    },

    /** Return an element that shows a face's thumbnail. */
    thumb(index, tag = "span", properties = {}, ...children) {
      const made = element(tag, properties, ...children);
      explorer.pictures.showThumb(made, index);
      return made;
    },

    /** Let an element show a face's thumbnail. */
    showThumb(made, index) {
      const { columns } = explorer.data.thumbnails;
      const share = (place, number) => (number > 1 ? (place / (number - 1)) * 100 : 0);
      made.classList.add("thumb");
      made.style.backgroundPosition = `${share(index % columns, columns)}% `
        + `${share(Math.floor(index / columns), explorer.pictures.rows)}%`;
    },

    /** Draw a test face on a square canvas. */
    drawOriginal(canvas, index) {
      explorer.pictures.drawCell(canvas.getContext("2d"), "originals", index, 0, 0, canvas.width);
    },

    /** Draw the cell of a face at x, y as a square of `side`. */
    drawCell(context, name, index, x, y, side) {
      if (!sheets[name]) return;
      const [left, top, size] = cell(explorer.data[name], index);
      context.drawImage(sheets[name], left, top, size, size, x, y, side, side);
    },

    /** Return a square canvas for one face of the decoder's size. */
    canvas(label, properties = {}) {
      const size = explorer.data.imageSize;
      return element("canvas", { width: size, height: size, class: "face", role: "img", "aria-label": label,
                                 ...properties });
    },

    /** Return a <figure> with a canvas for a variant, its name, and a place for the reason where it stays empty. */
    figure(variant, label, properties = {}) {
      const canvas = explorer.pictures.canvas(label, { data: { variant: variant.name }, ...properties });
      const reason = element("span", { class: "reason", hidden: true });
      const figure = element("figure", { class: "variant", data: { variant: variant.name } },
        element("div", { class: "frame" }, canvas, reason), element("figcaption", {}, variant.label));
      return { figure, canvas, reason, variant };
    },

    /** Put a sentence in a picture's place; "" shows the picture again. */
    explain(entry, sentence) {
      entry.reason.textContent = sentence;
      entry.reason.hidden = !sentence;
      entry.canvas.hidden = Boolean(sentence);
      if (sentence) explorer.drawing.forget(entry.canvas);
    },
  };
})();
