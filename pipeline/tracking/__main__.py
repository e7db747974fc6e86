"""Prints the URI of MLflow's store, for `make ui`: python -m pipeline.tracking"""

from pipeline.config import load_params
from pipeline.errors import one_sentence
from pipeline.tracking.store import store_uri

if __name__ == "__main__":
    with one_sentence():
        print(store_uri(load_params().tracking))
