/* Three points on a photograph: both eyes and the mouth, by clicks or by keys. */
(() => {
  "use strict";
  const NAMES = ["the eye on the left", "the eye on the right", "the mouth’s middle"];
  const STEP = 2; // of a key, in pixels of the canvas; with Shift ten times as far

  /**
   * Let a person set three points on a canvas that shows a picture.
   *
   * @param canvas with tabindex 0.
   * @param redraw draws the picture without the points.
   * @param changed is called with the points, [[x, y], …] in pixels of the canvas, after each.
   */
  explorer.threePoints = (canvas, redraw, changed) => {
    let points = [];
    let cross = null;

    function draw() {
      redraw();
      const context = canvas.getContext("2d");
      points.forEach(([x, y], at) => mark(context, x, y, at === 2 ? "M" : at === 0 ? "L" : "R"));
      if (cross && points.length < NAMES.length && document.activeElement === canvas) hair(context, cross);
    }

    function set(point) {
      if (points.length >= NAMES.length) return;
      points.push(point);
      draw();
      changed(points);
    }

    canvas.addEventListener("click", (event) => {
      const box = canvas.getBoundingClientRect();
      set([((event.clientX - box.left) / box.width) * canvas.width,
           ((event.clientY - box.top) / box.height) * canvas.height]);
    });

    canvas.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.altKey || event.metaKey) return;
      const [right, down] = explorer.arrow(event);
      if (right || down) {
        const step = STEP * (event.shiftKey ? 10 : 1);
        cross = [Math.min(Math.max(cross[0] + right * step, 0), canvas.width - 1),
                 Math.min(Math.max(cross[1] + down * step, 0), canvas.height - 1)];
        explorer.whisper(`${Math.round(cross[0])} from the left, ${Math.round(cross[1])} from above.`);
      } else if (event.key === "Enter" || event.key === " ") set([...cross]);
      else if (event.key === "Backspace" || event.key === "Delete") made.undo();
      else return;
      event.preventDefault();
      draw();
    });
    canvas.addEventListener("focus", draw);
    canvas.addEventListener("blur", draw);

    const made = {
      NAMES,
      /** Begin anew on another picture. */
      begin() { points = []; cross = [canvas.width / 2, canvas.height / 2]; draw(); changed(points); },
      /** Take the last point back. */
      undo() { points = points.slice(0, -1); draw(); changed(points); },
    };
    return made;
  };

  function mark(context, x, y, letter) {
    context.save();
    context.lineWidth = 2;
    context.strokeStyle = "#fff";
    context.fillStyle = "#0067a0";
    context.beginPath();
    context.arc(x, y, 9, 0, 2 * Math.PI);
    context.fill();
    context.stroke();
    context.fillStyle = "#fff";
    context.font = "bold 11px sans-serif";
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(letter, x, y + 0.5);
    context.restore();
  }

  function hair(context, [x, y]) {
    context.save();
    for (const [style, width] of [["#000", 3], ["#fff", 1.5]]) {
      context.strokeStyle = style;
      context.lineWidth = width;
      context.beginPath();
      context.moveTo(x - 16, y); context.lineTo(x + 16, y);
      context.moveTo(x, y - 16); context.lineTo(x, y + 16);
      context.stroke();
    }
    context.restore();
  }
})();
