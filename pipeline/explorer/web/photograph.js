/* View: a photograph of one's own, put where the encoder expects a face. Nothing leaves the machine. */
(() => {
  "use strict";
  const { byId, state, subject } = explorer;
  const WIDEST = 480; // of the canvas for the clicks, in pixels
  const LARGEST = 2048; // of the picture that is warped; larger ones are made smaller first
  let canvas, points, encoder;
  let picture = null; // a canvas with the photograph
  let turn = 0; // of the files that were opened
  let pointing = 0; // of the changes of the points

  const NO_PICTURE = "This file is no picture that the browser can read; choose a JPEG, PNG or WebP file.";

  const MIRRORED = "The eye on the left must be left of the other; take the points back and set them anew.";

  async function open(file) {
    if (!file) return;
    const own = ++turn;
    let bitmap;
    try {
      bitmap = await createImageBitmap(file);
    } catch {
      if (own === turn) fail(NO_PICTURE);
      return;
    }
    if (own !== turn) return;
    if (!bitmap.width || !bitmap.height) { fail(NO_PICTURE); return; }
    const scale = Math.min(1, LARGEST / Math.max(bitmap.width, bitmap.height));
    picture = document.createElement("canvas");
    picture.width = Math.max(1, Math.round(bitmap.width * scale));
    picture.height = Math.max(1, Math.round(bitmap.height * scale));
    picture.getContext("2d", { willReadFrequently: true }).drawImage(bitmap, 0, 0, picture.width, picture.height);
    bitmap.close();
    const shown = Math.min(1, WIDEST / Math.max(picture.width, picture.height));
    canvas.width = Math.max(1, Math.round(picture.width * shown));
    canvas.height = Math.max(1, Math.round(picture.height * shown));
    explorer.say("");
    byId("photograph-work").hidden = false;
    points.begin();
    canvas.focus();
  }

  function fail(sentence) {
    explorer.say(sentence);
    byId("photograph-work").hidden = !picture;
  }

  function redraw() {
    const context = canvas.getContext("2d");
    context.clearRect(0, 0, canvas.width, canvas.height);
    if (picture) context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  }

  async function changed(set) {
    const own = ++pointing;
    explorer.say("");
    byId("photograph-undo").disabled = !set.length;
    byId("photograph-result").hidden = true;
    byId("photograph-next").textContent = set.length < points.NAMES.length
      ? `Point ${set.length + 1} of 3: click on ${points.NAMES[set.length]}, as you see it.`
      : "All three points are set.";
    if (set.length < points.NAMES.length) return;
    const scale = picture.width / canvas.width;
    const [leftEye, rightEye, mouth] = set.map((point) => point.map((value) => value * scale));
    try {
      if (rightEye[0] <= leftEye[0]) throw new Error(MIRRORED);
      const whole = picture.getContext("2d").getImageData(0, 0, picture.width, picture.height);
      const aligned = explorer.alignment.warp(whole, { leftEye, rightEye, mouth }, explorer.data.frame);
      const { mean } = await explorer.engine.encode(encoder.name, aligned);
      if (own !== pointing) return;
      subject.setPhotograph(aligned, encoder, mean);
      const preview = byId("photograph-aligned");
      preview.width = preview.height = explorer.data.imageSize;
      preview.getContext("2d").putImageData(aligned, 0, 0);
      const decoded = byId("photograph-decoded");
      decoded.width = decoded.height = explorer.data.imageSize;
      await explorer.drawing.face(decoded, encoder, mean, "photograph");
      if (own !== pointing) return;
      byId("photograph-result").hidden = false;
      explorer.whisper("Your photograph is in its frame. The button Use it takes it to the sliders.");
    } catch (error) {
      if (own === pointing) explorer.say(error.message);
    }
  }

  function use(event) {
    explorer.renewPhotograph();
    state.set({ face: subject.PHOTOGRAPH, variant: encoder.name, edits: {}, view: "attributes" }, event);
  }

  explorer.views.photograph = {
    build() {
      encoder = explorer.data.variants.find((variant) => variant.canEncode) || null;
      const reason = !encoder ? "A photograph needs an encoder, and no variant’s encoder is in this page."
        : explorer.data.frame ? ""
          : "A photograph needs a frame, and the faces of this data set were not aligned by landmarks.";
      byId("photograph-needs").textContent = reason;
      byId("photograph-needs").hidden = !reason;
      byId("photograph-body").hidden = Boolean(reason);
      if (reason) return;
      byId("photograph-encoder").textContent = encoder.label;
      canvas = byId("photograph-canvas");
      points = explorer.threePoints(canvas, redraw, changed);
      const input = byId("photograph-file");
      input.addEventListener("change", () => { open(input.files[0]); input.value = ""; });
      byId("photograph-undo").addEventListener("click", () => { points.undo(); canvas.focus(); });
      byId("photograph-use").addEventListener("click", use);
      const drop = byId("photograph-body");
      drop.addEventListener("dragover", (event) => event.preventDefault());
      drop.addEventListener("drop", (event) => { event.preventDefault(); open(event.dataTransfer.files[0]); });
    },
    update() {},
  };

  /** Let a second photograph replace the first one, which has the same name in the state. */
  explorer.renewPhotograph = () => {
    if (state.current.face === subject.PHOTOGRAPH) state.current.face = "";
  };
})();
