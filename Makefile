# Thin, for people: the work is in dvc.yaml, the parameters in params.yaml.
PYTHON ?=
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: help repro test chaos bench submit leftovers ui lock again
help:    ## this list
	@sed -n 's/^\([a-z]*\):.*## /  make \1\t/p' Makefile

repro: $(READY)  ## environment, then the whole pipeline on the embedded default
	$(BIN)/dvc repro

test: $(READY)   ## the tests
	$(BIN)/python -m pytest

chaos: $(READY)  ## kills runs at random moments, here and on a cluster of two nodes; half an hour
	$(BIN)/python -m tests.chaos

bench: $(READY)  ## the training step against a plain version of the same model
	$(BIN)/python -m benchmarks.training_step

submit: $(READY) ## RUN="exp run -S …" as a job on the Ray cluster at RAY_API_SERVER_ADDRESS
	@runtime=$$(mktemp) && trap 'rm -f "$$runtime"' EXIT && $(BIN)/python -m pipeline.cluster_job environment > "$$runtime" && \
	$(BIN)/ray job submit --working-dir . --runtime-env "$$runtime" -- python -m pipeline.cluster_job $(RUN)

leftovers: $(READY)  ## what has gathered in cluster.storage, with size and age, and how to delete it
	@$(BIN)/python -m pipeline.leftovers

ui: $(READY)     ## MLflow in the browser
	@uri=$$($(BIN)/python -m pipeline.tracking) && case "$$uri" in \
	  http*|databricks*) echo "MLflow's pages are at $$uri" | sed 's|//[^/@]*@|//|' ;; \
	  *) $(BIN)/mlflow ui --backend-store-uri "$$uri" ;; \
	esac

lock: $(READY)   ## renew requirements.lock from pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --upgrade --no-header \
	  --no-annotate --extra dev --output-file requirements.lock pyproject.toml

# Made anew, too, where its Python is gone.
$(READY): requirements.lock pyproject.toml environment.sh $(shell $(BIN)/python -c '' 2>/dev/null || echo again)
	@sh environment.sh "$(PYTHON)"
	@touch $@

again:
