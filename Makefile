# Thin, for people: the work is in dvc.yaml, the parameters in params.yaml.
PYTHON ?=
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
PROSE := pipeline stages tests benchmarks docs deploy $(wildcard *.md *.yaml *.toml *.cff) Makefile environment.sh

# Containers often tell Python to keep no bytecode. Each of some 40 processes would then compile its packages anew.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help repro check fix test test-fast coverage chaos bench full-size submit leftovers compare export ui serve ask \
        lock detector again
help:    ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 22

repro: $(READY)  ## environment, then the whole pipeline on the embedded default
	$(BIN)/dvc repro

check: $(READY)  ## style, types, the rooms' arrows, spelling, schemas, links; no network
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo
	$(BIN)/codespell $(PROSE)
	$(BIN)/check-jsonschema --builtin-schema vendor.github-workflows .github/workflows/*.yml
	$(BIN)/check-jsonschema --builtin-schema vendor.citation-file-format CITATION.cff
	$(BIN)/check-jsonschema --schemafile docs/params.schema.json params.yaml
	$(BIN)/python -m pytest -n0 --durations=0 --durations-min=1 tests/test_links.py tests/test_architecture.py

# Without `ruff format`: it would rewrite two of three files, whose lines are set by hand.
fix: $(READY)    ## mends what ruff can mend: the order of imports and much of what `make check` finds
	$(BIN)/ruff check --fix .

test: check      ## everything: the checks, then all tests; 15 to 25 minutes on two cores
	$(BIN)/python -m pytest

test-fast: $(READY)  ## the tests that take no real pipeline, cluster or server; some four minutes
	$(BIN)/python -m pytest -m "not slow"

coverage: $(READY)  ## all tests, and what they reach in their own processes, line by line and branch by branch
	$(BIN)/python -m pytest --cov --cov-report=term

chaos: $(READY)  ## kills runs at random moments, here and on a cluster of two nodes; 20 minutes
	$(BIN)/python -m tests.chaos

bench: $(READY)  ## how fast everything is, against plain versions; a few minutes, best on an idle machine
	$(BIN)/python -m benchmarks $(BENCH)

full-size: $(READY)  ## what each stage takes on drawn data sets of up to CelebA's size; some two hours, 24 GB of disk
	$(BIN)/python -m benchmarks.full_size $(FULL_SIZE)

submit: $(READY) ## RUN="exp run -S …" as a job on the Ray cluster at RAY_API_SERVER_ADDRESS
	@trap 'rm -f "$$runtime"' EXIT; trap 'exit 130' INT; trap 'exit 143' TERM; \
	runtime=$$(mktemp) && $(BIN)/python -m pipeline.cluster.job environment > "$$runtime" && \
	$(BIN)/ray job submit --working-dir . --runtime-env "$$runtime" -- python -m pipeline.cluster.job $(RUN)

leftovers: $(READY)  ## what has gathered in cluster.storage, with size and age, and how to delete it
	@$(BIN)/python -m pipeline.leftovers

compare: $(READY)  ## EXP="main my-experiment …": one page with what differs in parameters, numbers, faces, curves
	@$(BIN)/python -m pipeline.comparison $(EXP)

export: $(READY) ## VARIANT=dfc as a folder for elsewhere: ONNX, vectors, a model card, an example
	@$(BIN)/python -m pipeline export "$(VARIANT)" $(if $(TO),--to "$(TO)")

ui: $(READY)     ## MLflow in the browser, on PORT=5000
	@uri=$$($(BIN)/python -m pipeline.tracking $(or $(PORT),5000)) && case "$$uri" in \
	  http*|databricks*) echo "MLflow's pages are at $$uri" | sed 's|//[^/@]*@|//|' ;; \
	  *) echo "open http://127.0.0.1:$(or $(PORT),5000)/#/experiments?workflowType=machine_learning" && \
	    $(BIN)/mlflow ui --backend-store-uri "$$uri" --port $(or $(PORT),5000) ;; \
	esac

serve: $(READY)  ## VARIANT=dfc from MLflow over HTTP, until Ctrl-C; PORT=5001
	@$(BIN)/python -m pipeline.serving serve $(or $(VARIANT),dfc) --port $(or $(PORT),5001) $(SERVE)

ask: $(READY)    ## the same, asked once with FACE=face.jpg and stopped
	@$(BIN)/python -m pipeline.serving ask $(or $(VARIANT),dfc) $(if $(FACE),--face "$(FACE)") $(SERVE)

lock: $(READY)   ## renew requirements.lock from pyproject.toml
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --upgrade --no-header \
	  --no-annotate --extra dev --output-file requirements.lock pyproject.toml

detector: $(READY)  ## the face detector's weights: the wheel of facenet-pytorch, 2 MB, as a file in data/
	$(BIN)/python -m pip download --quiet --no-deps --only-binary :all: --require-hashes --dest data \
	  -r requirements-detector.lock
	@ls data/facenet_pytorch-*.whl  # the value of data.detector

# Made anew, too, where its Python is gone.
$(READY): requirements.lock pyproject.toml environment.sh $(shell $(BIN)/python -c '' 2>/dev/null || echo again)
	@sh environment.sh "$(PYTHON)"
	@touch $@

again:
