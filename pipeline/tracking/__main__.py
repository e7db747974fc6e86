"""Print the URI of MLflow's store, for `make ui`, as `python -m pipeline.tracking`."""

from pipeline.config.loading import load_params
from pipeline.errors import exit_on_input_error
from pipeline.tracking.store import store_uri

if __name__ == "__main__":
    with exit_on_input_error():
        print(store_uri(load_params().tracking))
