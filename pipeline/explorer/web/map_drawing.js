/* Faces on the map's canvas. */
(() => {
  "use strict";
  const DOT = 4; // radius of a face that is shown as a point, in CSS pixels

  const colours = () => {
    const style = getComputedStyle(document.documentElement);
    const of = (name) => style.getPropertyValue(name).trim();
    return { yes: of("--yes"), no: of("--no"), unknown: of("--unknown"), accent: of("--accent"), text: of("--text") };
  };

  /** Return the side of a face on the map, in CSS pixels. */
  explorer.mapSide = (scale, count, [width, height]) =>
    Math.min(96, Math.max(14, (Math.min(width, height) / Math.sqrt(count || 1)) * 0.8 * Math.pow(scale, 0.75)));

  /**
   * Draw the map.
   *
   * @param map { points, view, size, colour, cursor, chosen, faces }: points 0 … 1; colour, the name of an attribute
   *   or ""; cursor and chosen, numbers of faces or −1; faces, whether faces are drawn or points.
   */
  explorer.drawMap = (canvas, { points, view, size, colour, cursor, chosen, faces }) => {
    const [width, height] = size;
    const density = window.devicePixelRatio || 1;
    if (canvas.width !== Math.round(width * density)) canvas.width = Math.round(width * density);
    if (canvas.height !== Math.round(height * density)) canvas.height = Math.round(height * density);
    const context = canvas.getContext("2d");
    context.setTransform(density, 0, 0, density, 0, 0);
    context.clearRect(0, 0, width, height);
    const paint = colours();
    const side = faces ? explorer.mapSide(view.scale, points.length, size) : 2 * DOT;
    const order = points.map((_, i) => i).filter((i) => i !== cursor && i !== chosen);
    for (const i of [...order, chosen, cursor]) {
      if (i < 0) continue;
      const [x, y] = view.toPixel(points[i]);
      if (x < -side || y < -side || x > width + side || y > height + side) continue;
      const label = colour && (explorer.data.faces[i].labels || {})[colour];
      const tint = colour ? (label === true ? paint.yes : label === false ? paint.no : paint.unknown) : "";
      if (i === cursor) face(context, i, x, y, Math.max(side * 1.35, 30), tint, paint.accent);
      else if (i === chosen) face(context, i, x, y, Math.max(side * 1.15, 26), tint, paint.text);
      else if (faces) face(context, i, x, y, side, tint, "");
      else dot(context, x, y, tint || paint.accent);
    }
  };

  function face(context, i, x, y, side, tint, ring) {
    const edge = ring ? 3 : tint ? 2.5 : 0;
    if (edge) {
      context.fillStyle = ring || tint;
      context.fillRect(x - side / 2 - edge, y - side / 2 - edge, side + 2 * edge, side + 2 * edge);
    }
    explorer.pictures.drawCell(context, "thumbnails", i, x - side / 2, y - side / 2, side);
    if (ring && tint) {
      context.fillStyle = tint;
      context.fillRect(x - side / 2, y + side / 2 - 4, side, 4);
    }
  }

  function dot(context, x, y, colour) {
    context.fillStyle = colour;
    context.beginPath();
    context.arc(x, y, DOT, 0, 2 * Math.PI);
    context.fill();
  }
})();
