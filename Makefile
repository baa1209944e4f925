# pico item cloud. `make up` starts an engine, `make test` checks everything; both work on a fresh clone.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help up test lint bench guide clean
.DELETE_ON_ERROR:

VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

# The newest Python of 3.11 or later on this machine; PYTHON=... overrides it.
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11; do \
	command -v $$name >/dev/null 2>&1 && $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null \
	&& { echo $$name; break; }; done)

help: ## what there is to make
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1|\2/' | column -t -s '|'

$(BIN)/python:
	@if [ -z "$(PYTHON)" ]; then \
		echo "pico needs Python 3.11 or later, and none was found." >&2; \
		echo "Install one (for example \`apt-get install python3 python3-venv\`, or https://www.python.org/downloads/)," >&2; \
		echo "or name it: make PYTHON=/path/to/python3.12 up" >&2; exit 1; fi
	@echo "Creating $(VENV) with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "Could not create $(VENV). On Debian and Ubuntu: apt-get install python3-venv" >&2; exit 1; }

# Stamps: a second run finds them newer than pyproject.toml and installs nothing.
$(VENV)/.installed: pyproject.toml | $(BIN)/python
	@echo "Installing pico into $(VENV)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.installed-test: pyproject.toml | $(BIN)/python
	@echo "Installing pico and what its tests need into $(VENV)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	@touch $@ $(VENV)/.installed

up: $(VENV)/.installed ## start an engine on 127.0.0.1:3000 (ARGS="--port 4000" passes options on)
	@exec $(BIN)/pico up $(ARGS)

lint: $(VENV)/.installed-test ## ruff, mypy --strict, and the layers
	@echo "== ruff"; $(BIN)/ruff check --quiet . && echo "fine"
	@echo "== mypy"; $(BIN)/mypy
	@echo "== layers"; $(BIN)/lint-imports --config pyproject.toml

test: $(VENV)/.installed-test ## everything that CI checks (ARGS="tests/store -x" narrows the tests)
	@tests/browser/install-chromium
	@$(MAKE) --no-print-directory lint
	@echo "== tests"; $(BIN)/python -m pytest $(ARGS)

bench: $(VENV)/.installed-test ## the measurements, with ratios taken in one run (ARGS="--json --seconds 5")
	@for program in bench/*.py; do case $$program in bench/figures.py|bench/load.py) ;; \
		*) echo "== $$program"; PYTHONPATH=. $(BIN)/python $$program $(ARGS) || exit 1;; esac; done

guide: $(VENV)/.installed-test ## write docs/language.md anew from the conformance files
	@$(BIN)/python docs/generate_language_guide.py

clean: ## remove what was built, not what was stored
	@rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
