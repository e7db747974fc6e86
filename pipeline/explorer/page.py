"""One HTML file, which opens from disk without a network: styles, scripts and data are inside it."""

from collections.abc import Sequence
from pathlib import Path

import jinja2
from markupsafe import Markup

from pipeline.explorer.contents import Explored
from pipeline.explorer.page_data import page_data
from pipeline.files.atomic import write_text

WEB = Path(__file__).parent
TEMPLATE = "web/explorer.html.j2"
STYLES = ("web/page.css", "web/controls.css", "web/pictures.css")
WORKER = ("web/arrays.js", "web/layers.js", "web/worker.js")  # they run in a thread of their own
SCRIPTS = ("web/arrays.js", "web/mathematics.js", "web/alignment.js", "web/client.js", "web/elements.js",
           "web/words.js", "web/state.js", "web/hash.js", "web/pictures.js", "web/drawing.js",
           "web/subject.js", "web/tabs.js", "web/faces.js", "web/predictions.js", "web/neighbours.js",
           "web/sliders.js", "web/attributes.js", "web/between.js", "web/arithmetic.js", "web/samples.js",
           "web/map_view.js", "web/map_drawing.js", "web/map.js", "web/photograph_points.js",
           "web/photograph.js", "web/notes.js", "web/start.js")


def write_page(folder: str | Path, explored: Explored) -> Path:
    """Write `folder`/index.html and return its path. The same contents give the same bytes."""
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(WEB), autoescape=True,
                                     undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    data, blobs = page_data(explored)
    page = environment.get_template(TEMPLATE).render(
        title=explored.title, styles=inlined(STYLES), worker=inlined(WORKER),
        scripts=[inlined([script]) for script in SCRIPTS], data=Markup(data), blobs=[Markup(blob) for blob in blobs])
    path = Path(folder) / "index.html"
    write_text(path, page)
    return path


def inlined(files: Sequence[str]) -> Markup:
    """Return files of this folder, one after the other, as text that stays as it is inside style or script."""
    text = "\n".join((WEB / file).read_text(encoding="utf-8").strip() for file in files)
    if "</s" in text.lower():
        raise ValueError(f"{', '.join(files)}: </s would end the element that holds them")
    return Markup(text)
