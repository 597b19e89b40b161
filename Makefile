# The only door to the project: `make` lists what there is. It needs Python 3.11 or newer with its venv module.
PYTHON ?= python3
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip --disable-pip-version-check --no-input install -qq --no-deps --no-compile
# Compiled once, on all cores: a service that has to compile its libraries takes three times as long to start.
COMPILE := $(BIN)/python -m compileall -qq -j 0 .venv/lib || true
LOCK := $(BIN)/uv pip compile pyproject.toml --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header --no-annotate

# A folder called `shared` where a command is typed must never be imported instead of ours.
export PYTHONSAFEPATH := 1
# Where it is set, every process compiles Dijous again before it starts.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help up demo test check bench test-stack lock pin pinned clean

help: ## list these commands
	@sed -n 's/^\([a-z-]*\):.*## /  make \1|/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-18s %s\n", $$1, $$2}'

up: .venv/.runtime ## start everything on one address (DIJOUS_PORT, 8080) with its data in DIJOUS_DATA (./var)
	@$(BIN)/dijous up

demo: .venv/.runtime ## play a year of the two reference programmes and leave it to look at
	@$(BIN)/dijous demo

test: check ## check, then run every test that needs no container engine
	$(BIN)/python -m pytest --numprocesses 4 --dist loadfile --no-loadscope-reorder -m "not stack"

check: .venv/.development ## style, types and layers
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: .venv/.development ## measure the fan-out and the registrations against their yardsticks
	$(BIN)/python -m benchmarks

test-stack: .venv/.development ## test with real containers (mongo:8, nats); says why where there is no engine
	$(BIN)/python -m pytest -m stack tests/stack -rs

lock: .venv/.development ## write the two locks anew from pyproject.toml
	$(LOCK) --group build --output-file requirements.lock
	$(LOCK) --group build --group dev --constraint requirements.lock --output-file requirements-dev.lock

pin: .venv/.runtime ## write the digests of the images' tags into docker-compose.yml and the Dockerfile (needs docker)
	$(BIN)/python -m deploy.images pin

pinned: .venv/.runtime ## check that every image has its digest
	$(BIN)/python -m deploy.images check

clean: ## remove the virtual environment and what tools left; the data in var/ stays
	rm -rf .venv dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Dijous needs Python 3.11 or newer; say which: make PYTHON=python3.12 …" >&2; exit 1; }
	@echo "Making .venv …" >&2
	@$(PYTHON) -m venv .venv

# Stamps: what a lock says is installed again when the lock changes; then the project, editable and without network.
.venv/.runtime: requirements.lock pyproject.toml | .venv/bin/python
	@echo "Installing what requirements.lock says …" >&2
	@$(INSTALL) --require-hashes --requirement requirements.lock
	@$(COMPILE)
	@$(INSTALL) --no-build-isolation --no-index --editable .
	@touch $@

.venv/.development: requirements-dev.lock .venv/.runtime
	@echo "Installing what requirements-dev.lock says …" >&2
	@$(INSTALL) --require-hashes --requirement requirements-dev.lock
	@$(COMPILE)
	@touch $@
