# Two commands are enough: `make run` starts the app, `make test` runs the tests. Both work on a fresh machine
# with Python 3.11 or newer (PYTHON= names another one) and prepare .venv on their first run.

PYTHON ?= python3
VENV ?= .venv
WORKERS ?= 2
ARGS ?=
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help run test check static format translations clean

help: ## Show what can be made
	@grep -E '^[a-z]+:.*##' Makefile | sed -E 's/^([a-z]+):.*## /\1|/' | awk -F'|' '{printf "  make %-13s %s\n", $$1, $$2}'

run: $(VENV)/.runtime ## Start the app in the browser (ARGS="--server.port 8600" goes to Streamlit)
	$(BIN)/python -m streamlit run app.py $(ARGS)

test: $(VENV)/.dev ## Run the tests (ARGS="-k vae" goes to pytest)
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n $(WORKERS) $(ARGS)

check: static test ## Everything that must be well before a change is sent

static: $(VENV)/.dev ## The checks that run no tests: format, lint, types, layers, translations
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m tools.translations check

format: $(VENV)/.dev ## Put the code in the house style
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

translations: $(VENV)/.dev ## Collect the messages, update locales/*.po, compile *.mo, say what is missing
	$(BIN)/python -m tools.translations update

clean: ## Remove .venv, the caches of the tools, and what was made for browsers
	rm -rf $(VENV) .pytest_cache .ruff_cache .mypy_cache .import_linter_cache static/modules-* static/networks static/maps static/films

# The environment. A stamp beside it says which requirements are installed; newer ones are installed again.
$(BIN)/pip:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo 'genlab needs Python 3.11 or newer. Name one: make PYTHON=python3.12 ...' >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)

$(VENV)/.runtime: requirements.txt | $(BIN)/pip
	$(PIP) install -r requirements.txt
	@touch $@

$(VENV)/.dev: requirements.txt requirements-dev.txt | $(BIN)/pip
	$(PIP) install -r requirements-dev.txt
	@touch $@ $(VENV)/.runtime
