/* The window on the map: where it is moved to, and how much it is enlarged. */
(() => {
  "use strict";
  const FARTHEST = 0.8;
  const NEAREST = 24;

  /**
   * Return a window on points whose coordinates are scaled to 0 … 1; y upwards.
   *
   * `size()` returns the width and height of the canvas, in CSS pixels.
   */
  explorer.mapView = (size) => {
    const view = { scale: 1, x: 0.5, y: 0.5 }; // the middle of the window, in the map's units

    const pixels = () => Math.min(...size()) * 0.88 * view.scale; // of one unit

    /** Return the pixel of a point of the map. */
    view.toPixel = ([x, y]) => {
      const [width, height] = size();
      return [width / 2 + (x - view.x) * pixels(), height / 2 - (y - view.y) * pixels()];
    };

    /** Return the point of the map at a pixel. */
    view.toPoint = ([left, top]) => {
      const [width, height] = size();
      return [view.x + (left - width / 2) / pixels(), view.y - (top - height / 2) / pixels()];
    };

    /** Move the map by pixels. */
    view.pan = (right, down) => {
      view.x = clamp(view.x - right / pixels(), -0.1, 1.1);
      view.y = clamp(view.y + down / pixels(), -0.1, 1.1);
    };

    /** Enlarge by a factor, so that what lies at a pixel stays there. */
    view.zoom = (factor, [left, top] = size().map((side) => side / 2)) => {
      const [x, y] = view.toPoint([left, top]);
      view.scale = clamp(view.scale * factor, FARTHEST, NEAREST);
      const [newX, newY] = view.toPoint([left, top]);
      view.x = clamp(view.x + x - newX, -0.1, 1.1);
      view.y = clamp(view.y + y - newY, -0.1, 1.1);
    };

    /** Show all. */
    view.reset = () => Object.assign(view, { scale: 1, x: 0.5, y: 0.5 });

    /** Move as little as needed for a point to be seen. */
    view.reveal = (point) => {
      const [width, height] = size();
      const [left, top] = view.toPixel(point);
      const edge = 40;
      view.pan(left < edge ? edge - left : left > width - edge ? width - edge - left : 0,
               top < edge ? edge - top : top > height - edge ? height - edge - top : 0);
    };
    return view;
  };

  const clamp = (value, low, high) => Math.min(Math.max(value, low), high);

  /** Return the number of the point that lies nearest to the one with number `from` in a direction; −1 for none. */
  explorer.nearestInDirection = (pixels, from, right, down) => {
    let best = -1;
    let least = Infinity;
    pixels.forEach(([x, y], i) => {
      if (i === from) return;
      const along = (x - pixels[from][0]) * right + (y - pixels[from][1]) * down;
      const across = Math.abs((x - pixels[from][0]) * down) + Math.abs((y - pixels[from][1]) * right);
      if (along <= 0.5 || across > 2 * along) return;
      const distance = along + 2 * across;
      if (distance < least) { least = distance; best = i; }
    });
    return best;
  };
})();
