# Careloop. `make demo` and `make test` need Python 3.11 or newer and nothing else; each sets itself up.

PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
CORES := $(shell getconf _NPROCESSORS_ONLN 2>/dev/null || echo 2)
WORKERS ?= $(shell if [ $(CORES) -gt 4 ]; then echo 4; else echo $(CORES); fi)
ARGS ?=

.DEFAULT_GOAL := help
.PHONY: help setup demo test check lint types imports bench chaos format migration

help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(STAMP) ## Make .venv/ with the pinned packages (the other targets do it themselves)

$(STAMP): requirements.lock
	@command -v $(PYTHON) >/dev/null 2>&1 || { echo "Python is missing: '$(PYTHON)' was not found. Install Python 3.11 or newer, or name one: make PYTHON=/path/to/python3"; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python is too old: $$($(PYTHON) --version 2>&1). Careloop needs 3.11 or newer. Name one: make PYTHON=python3.12"; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { echo "Python has no venv or ensurepip. On Debian and Ubuntu: apt-get install python3-venv"; exit 1; }
	@[ -x $(BIN)/python ] && $(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear .venv
	@echo "Installing the pinned packages into .venv/ (once, a minute or two)"
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-input --only-binary :all: --require-hashes -r requirements.lock
	@$(BIN)/python app.py understand </dev/null
	@touch $(STAMP)

demo: setup ## The main job on this machine, no account needed (ARGS=--headless plays it and checks)
	@$(BIN)/python app.py demo $(ARGS)

# Where the environment forbids bytecode, each pytest worker would rewrite every assertion anew, for 5 s.
test: setup ## All tests (ARGS=... goes to pytest)
	@PYTHONDONTWRITEBYTECODE= $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal $(ARGS)

check: setup lint types imports test ## What CI runs: lint, types, imports, then all tests with house rules and migrations

lint: setup ## ruff: rules and format
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: setup ## mypy --strict
	@$(BIN)/mypy .

imports: setup ## The one direction of imports
	@$(BIN)/lint-imports --no-cache

bench: setup ## Measure; one JSON line a metric
	@$(BIN)/python -m tests.bench $(ARGS)

chaos: setup ## The tests that kill, flush, double and reverse, at full scale, and the planted defects (some 15 minutes)
	@$(BIN)/python -m pytest -n $(WORKERS) --dist worksteal -m "chaos or planted or long" $(ARGS)

format: setup ## Let ruff fix and format
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

migration: setup ## A new, empty migration: make migration name=close_reason
	@[ -n "$(name)" ] || { echo "Name it: make migration name=close_reason"; exit 2; }
	@$(BIN)/alembic revision --rev-id "$$(date -u +%Y_%m_%d)_$(name)" -m "$(name)"
