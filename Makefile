# Everything a person does with a checkout. `make` alone says what there is.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
READY := .venv/.ready

.PHONY: help up down test test-fast check format bench lock schemas system clean

help: ## This list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

up: $(READY) ## Set everything up and run the whole platform here, in the foreground (Ctrl-C stops it)
	@exec $(BIN)/conjoint up

down: $(READY) ## Stop a platform that runs in the background
	@$(BIN)/conjoint down

test: $(READY) system ## Every test, with real broker, change capture, databases and browser
	$(BIN)/pytest -n 2 -m "not stack and not browser"
	$(BIN)/pytest -m "stack or browser"

test-fast: $(READY) ## The tests that need no part running, in under a minute
	$(BIN)/pytest -n 2 -m "not stack and not browser and not long"

check: $(READY) ## Format, lint, types, architecture, schemas up to date
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m schemas.avro --check

format: $(READY) ## Put every file into the house's format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(READY) ## Measure latency, throughput beside two peers, start-up and more; prints tables
	$(BIN)/python -m tests.bench

schemas: $(READY) ## Write the Avro files of schemas that changed
	$(BIN)/python -m schemas.avro

lock: $(READY) ## Resolve the dependencies anew into requirements.lock
	$(BIN)/uv pip compile --quiet --python-version 3.11 --generate-hashes --no-emit-index-url --all-extras pyproject.toml -o requirements.lock

system:
	@sh tests/system_packages.sh

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' || { \
	  echo "Conjoint needs Python 3.11; found $$($(PYTHON) --version). Set PYTHON=/path/to/python3.11" >&2; exit 1; }
	@echo "setting up the Python environment in .venv"
	@$(PYTHON) -m venv .venv
	@awk '/^uv==/{on=1} on{print} on&&!/\\$$/{exit}' requirements.lock > .venv/uv.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r .venv/uv.lock
	@$(BIN)/uv pip sync --quiet --require-hashes --python $(BIN)/python requirements.lock
	@$(BIN)/uv pip install --quiet --no-deps --no-build-isolation --python $(BIN)/python -e .
	@touch $(READY)

clean: ## Remove the environment and every cache (never the data in var/)
	rm -rf .venv .venv-bench .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache *.egg-info
