# `make` alone lists the targets. The environment is .venv, made with uv where there is one, else with venv and pip.

PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 8000
DATA ?= var
VENV := .venv
BIN := $(VENV)/bin
PACKAGES := agent api commerce evals prompts tools
PIP = $(if $(shell command -v uv 2>/dev/null),uv pip install --quiet --python $(BIN)/python --compile-bytecode,$(BIN)/python -m pip install --quiet --disable-pip-version-check)

.DEFAULT_GOAL := help
.PHONY: help run chat install test check prove bench eval docs lock clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

run: install ## Set up, fill the demo shop, run it (PORT=8000 HOST=127.0.0.1 DATA=var)
	@$(BIN)/domtok serve --demo --host $(HOST) --port $(PORT) --data $(DATA)

chat: install ## Talk to the demo shop in the terminal
	@$(BIN)/domtok chat --data $(DATA)

install: $(VENV)/.runtime ## Set up .venv and nothing else

test: $(VENV)/.dev ## Set up and pass the tests
	@$(BIN)/python -m pytest -n 2

check: $(VENV)/.dev ## Format, lint, types, import contracts, tests
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	@$(MAKE) --no-print-directory test

prove: $(VENV)/.dev ## Kill, race and outguess the shop; prove-report/index.html tells what was seen
	@DOMTOK_PROVE_REPORT=prove-report $(BIN)/python -m pytest -n 4 -m "full or not full" -o timeout=900 tests/prove tests/evals/test_tau_*.py

bench: $(VENV)/.dev ## Measure requests on SQLite and MariaDB, start and turns; prints a table (BENCH=--quick: less)
	@$(BIN)/python -m tests.bench $(BENCH)

eval: $(VENV)/.evals ## Play all cases with the planner, attack the agent, replay the foreign shop; no key needed (EVAL='run buying' for less)
ifdef EVAL
	@$(BIN)/domtok eval $(EVAL)
else
	@mkdir -p var/evals; $(BIN)/domtok eval run tau-retail --quiet --out var/evals/tau-retail > var/evals/tau-retail.txt 2>&1 & theirs=$$!; \
	$(BIN)/domtok eval run --out var/evals/planner; ours=$$?; wait $$theirs; theirs=$$?; cat var/evals/tau-retail.txt; \
	$(BIN)/domtok eval report var/evals/planner && $(BIN)/domtok eval report var/evals/tau-retail && exit $$((ours | theirs))
endif

docs: $(VENV)/.dev ## Write docs/capabilities.md and the schema of eval cases anew
	@$(BIN)/python -m tests.capabilities
	@$(BIN)/domtok eval cases --schema >/dev/null

lock: ## Resolve the dependencies anew into the three lock files (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url pyproject.toml -o requirements.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --extra evals -c requirements.lock pyproject.toml -o requirements-evals.lock
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --extra dev --extra evals -c requirements-evals.lock pyproject.toml -o requirements-dev.lock

clean: ## Remove what was made here: .venv, caches, the demo shop's data
	rm -rf $(VENV) var build dist .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .schemathesis prove-report
	find $(PACKAGES) tests -name __pycache__ -type d -prune -exec rm -rf {} +

$(BIN)/python:
	@echo "Setting up $(VENV) …"
	@if command -v uv >/dev/null 2>&1; then uv venv --quiet --python $(PYTHON) $(VENV); else $(PYTHON) -m venv $(VENV); fi

$(VENV)/.runtime: requirements.lock pyproject.toml | $(BIN)/python
	@echo "Installing …"
	@$(PIP) -r requirements.lock
	@$(PIP) --no-deps -e .
	@$(BIN)/python -m compileall -q $(PACKAGES)
	@touch $@

$(VENV)/.evals: requirements-evals.lock $(VENV)/.runtime
	@echo "Installing what the evals need …"
	@$(PIP) -r requirements-evals.lock
	@touch $@

$(VENV)/.dev: requirements-dev.lock $(VENV)/.runtime
	@echo "Installing what the tests need …"
	@$(PIP) -r requirements-dev.lock
	@touch $@
