"""Print the URI of MLflow's store, for `make ui`, as `python -m pipeline.tracking [PORT]`.

Refuses a port that is in use, where the pages are to be served from here.
"""

import sys

from pipeline.config.loading import load_params
from pipeline.errors import InputError, exit_on_input_error
from pipeline.tracking.ports import refuse_used_port
from pipeline.tracking.store import store_uri

if __name__ == "__main__":
    with exit_on_input_error():
        uri = store_uri(load_params().tracking)
        if sys.argv[1:] and not uri.startswith(("http", "databricks")):
            if not sys.argv[1].isdecimal():
                raise InputError(f"PORT is {sys.argv[1]}, which is no number; give one such as PORT=5001")
            refuse_used_port(int(sys.argv[1]))
        print(uri)
