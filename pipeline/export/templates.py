"""The texts of an export: its templates lie beside this file."""

from pathlib import Path
from typing import Any

import jinja2

from pipeline.report.numbers import fixed, number, percent


def rendered(template: str, **values: Any) -> str:
    """Return the text of a template with its values. template: the name of a file beside this one."""
    environment = jinja2.Environment(loader=jinja2.FileSystemLoader(Path(__file__).parent), autoescape=False,
                                     undefined=jinja2.StrictUndefined, trim_blocks=True, lstrip_blocks=True,
                                     keep_trailing_newline=True)
    environment.filters.update(number=number, fixed=fixed, percent=percent)
    return environment.get_template(template).render(**values)
