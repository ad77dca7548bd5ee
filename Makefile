# `make` installs, `make help` lists the rest. Paths are relative: the folder's own name may hold blanks.

SHELL := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := install
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory

PYTHON ?=
ARGS ?=
RUN := .venv/bin/python -m
COMPILE := uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-emit-find-links \
  --custom-compile-command "make lock"
export PYTHON

# The stamp names the folder it was made in; in any other (a copy, a clone with its .venv) it does not count.
ifneq "$(shell cat .venv/.installed 2>/dev/null)" "$(CURDIR)"
.PHONY: .venv/.installed
endif

.PHONY: install
install: .venv/.installed ## Install everything into .venv (the default)

.venv/.installed: requirements.lock pyproject.toml
	@deploy/install

.PHONY: demo
demo: install ## Start it all in a temporary folder, load the list, show who came home (ARGS="--today 2026-01-31")
	@exec .venv/bin/desmigratif demo $(ARGS)

.PHONY: up
up: install ## Start it all and keep it running; Ctrl-C ends it (ARGS="--data DIR")
	@exec .venv/bin/desmigratif up $(ARGS)

.PHONY: test
test: lint types ## Everything that CI checks (ARGS="tests/registry -k nik" narrows pytest)
	@$(RUN) pytest $(ARGS)

# What says how log and bus behave; the rest of the tests is about what stands on them.
CONTRACTS := tests/shared/log tests/shared/test_bus.py tests/shared/test_relay.py tests/shared/test_hearing.py \
  tests/deploy/test_databases.py tests/deploy/test_nats.py

.PHONY: test-containers
test-containers: install ## The tests of log and bus on containers (needs a Docker engine)
	@$(RUN) pytest --containers $(CONTRACTS) $(ARGS)

SEED ?=
FAULT ?=
MINUTES ?=

.PHONY: chaos
chaos: install ## Clients, three processes a service, a dozen faults; SEED=n does it again, FAULT="amnesia" makes one kind
	@exec $(RUN) tests.chaos $(if $(SEED),--seed $(SEED)) $(if $(FAULT),--fault "$(FAULT)") $(ARGS)

.PHONY: soak
soak: install ## The same for as long as you like (MINUTES=60 SEED=n)
	@exec $(RUN) tests.chaos --minutes $(or $(MINUTES),10) $(if $(SEED),--seed $(SEED)) $(ARGS)

.PHONY: secrets
secrets: install ## Random secrets for docker-compose.yml, into .env
	@.venv/bin/desmigratif secrets .env

.PHONY: bench
bench: install ## How fast it is beside its peers, over half an hour (ARGS="append rebuild --quick", "--full --keep")
	@exec $(RUN) tests.bench $(ARGS)

.PHONY: lint
lint: install ## ruff and import-linter
	@$(RUN) ruff check --quiet .
	@$(RUN) ruff format --quiet --check .
	@.venv/bin/lint-imports

.PHONY: types
types: install ## mypy, strict, tests included
	@$(RUN) mypy

.PHONY: format
format: install ## Let ruff put things in order
	@$(RUN) ruff check --fix .
	@$(RUN) ruff format .

.PHONY: documents
documents: install ## Write what the code itself documents: the map of events, the AsyncAPI document
	@$(RUN) tests.architecture.documents

.PHONY: lock
lock: ## Write both locks anew, the image's with the versions of the other (needs uv)
	@command -v uv >/dev/null || { echo "make lock needs uv: pip install uv" >&2; exit 1; }
	@$(COMPILE) --python-version 3.11 --extra embedded --extra dev pyproject.toml -o requirements.lock
	@$(COMPILE) --python-version 3.13 -c requirements.lock pyproject.toml -o deploy/requirements.lock

.PHONY: clean
clean: ## Remove .venv and caches; data folders stay
	@rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	@find services shared deploy tests -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help
help: ## This list
	@sed -nE 's/^([a-z-]+):.*## (.*)/  make \1\t\2/p' Makefile | expand -t 24
