# The commands of this project; `make help` lists them. Works with GNU Make 3.81 (macOS) and newer.

PORT ?= 8000
DATA ?= var/demo
PYTHON ?= python3
ARGS ?=

PY = .venv/bin/python
SETUP = @$(PYTHON) scripts/setup.py
UV_COMPILE = .venv/bin/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --custom-compile-command "make locks" $(UPGRADE)

.DEFAULT_GOAL := help
.PHONY: help setup run test lint fix bench locks clean

help: ## list these commands
	@grep -E '^[a-z]+:.*## ' Makefile | sed -E 's/^([a-z]+):.*## /  make \1|/' | awk -F'|' '{printf "%-14s %s\n", $$1, $$2}'
	@echo
	@echo "  PORT=8000 DATA=var/demo   for run: the port of the web pages, the folder of the demo's data"
	@echo "  ARGS=\"tests/mall -k stock\" for test: what to run instead of everything"

setup: ## install everything (the other commands do it by themselves)
	$(SETUP) --dev

run: ## install what is missing, then start the demo: web, scheduler and sandbox
	$(SETUP)
	@exec .venv/bin/wxapp demo --port $(PORT) --data $(DATA)

test: ## everything that CI runs: checks, then all tests on SQLite and MariaDB
	$(SETUP) --dev
	@test -n "$(LINTED)" || $(PY) scripts/lint.py
	@$(PY) scripts/test.py $(ARGS)

lint: ## style, formatting, types, layers, templates, migrations, locks
	$(SETUP) --dev
	@$(PY) scripts/lint.py

fix: ## mend what can be mended by a program
	$(SETUP) --dev
	$(PY) -m ruff check --fix-only .
	$(PY) -m ruff format .

bench: ## measure speed and memory, write them to a file
	$(SETUP) --dev
	$(PY) -m bench $(ARGS)

locks: ## make the locks anew from pyproject.toml and package.json (UPGRADE=--upgrade for newer versions)
	$(SETUP) --dev
	$(UV_COMPILE) pyproject.toml --group build --output-file requirements.lock
	$(UV_COMPILE) pyproject.toml --group build --group dev --constraint requirements.lock --output-file requirements-dev.lock
	$(UV_COMPILE) --group node --output-file requirements-node.lock
	npm install --package-lock-only --ignore-scripts
	$(PY) scripts/lint.py --tidy-locks

clean: ## remove what was installed and made, except data in var/
	rm -rf .venv .build node_modules wxapp/static/vendor wxapp/fonts wxapp.egg-info
	rm -rf .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis test-results
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
