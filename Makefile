# Every word that a developer needs. All of them can be repeated; what is done already takes no time.
#
#   make demo            a whole axis on this machine, letters travelling   (ONCE=1 FAULT=cut:H21 DEADLINE=30
#                        LETTERS=folder COUNT=40 BROKER=rabbitmq PORT=8710 LOG=axis.log); while it is up, demo.env
#                        holds addresses and keys of two agencies, see docs/connect.md, and of consoles
#   make test            what CI runs: style, types, all tests
#   make setup           only the environment in .venv
#   make test-api        200 calls of each operation of /v1, made from its own description (EXAMPLES=1000)
#   make style types     only lint and format; only mypy
#   make bench           measurements beside Postfix, as4 and the bare pipe, within 25 minutes: bench-report/report.md
#                        (ONLY=one_link,fan_out QUICK=1 MINUTES=10 JSON=figures.json OUT=folder)
#   make docs            the generated pages under docs/
#   make screenshots     the pictures of the console in docs/console/, taken anew (ONLY=box,letter)
#   make words           the sentences of the console: gathered, laid beside their English, compiled
#   make sbom            the bill of materials of what runs, as CycloneDX: sbom.json (SBOM=file.json)
#   make lock            new versions of everything, with their hashes
#   make clean           .venv, caches and builds

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.PHONY: help setup demo test test-api test-long style types bench docs screenshots words sbom lock clean packages

VENV := .venv
BIN := $(VENV)/bin
# Any Python from 3.11 on; 3.11 first, because the locked versions were tried with it.
PYTHON ?= $(shell for p in python3.11 python3 python3.12 python3.13; do \
	if $$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then echo $$p; break; fi; done)
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
PIP_COMPILE := $(BIN)/pip-compile --quiet --upgrade --generate-hashes --allow-unsafe --strip-extras --no-header \
	--no-emit-index-url --no-emit-find-links --no-emit-trusted-host

help:
	@sed -n '/^#   make/s/^#   //p; /^#      /s/^#   //p' Makefile

# --- the environment -----------------------------------------------------------------------------

$(BIN)/python:
	@if [ -z "$(PYTHON)" ]; then echo "Python 3.11 or newer is needed (Debian: apt-get install python3)" >&2; exit 1; fi
	@if ! $(PYTHON) -c 'import ensurepip, venv' 2>/dev/null; then \
		echo "$(PYTHON) cannot make environments; on Debian: apt-get install python3-venv" >&2; exit 1; fi
	$(PYTHON) -m venv $(VENV)

# What running needs, and the package itself (editable, so that adapters are found by their entry points).
$(VENV)/run.stamp: $(BIN)/python requirements.lock requirements-build.lock pyproject.toml
	$(PIP) install --require-hashes -r requirements.lock -r requirements-build.lock
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

# What developing needs on top.
$(VENV)/dev.stamp: $(VENV)/run.stamp requirements-dev.lock
	$(PIP) install --require-hashes -r requirements-dev.lock
	@touch $@

setup: $(VENV)/dev.stamp

# --- running -------------------------------------------------------------------------------------

# A letter that is stuck makes `truc sandbox` end with 1; make itself then ends with 2, as it always does.
demo: $(VENV)/run.stamp
	@if [ "$(BROKER)" = rabbitmq ]; then bash .ci/packages rabbitmq-server; fi
	@$(BIN)/truc sandbox $(if $(ONCE),--once) $(foreach f,$(FAULT),--fault $(f)) \
		$(if $(DEADLINE),--deadline $(DEADLINE)) $(if $(LETTERS),--letters "$(LETTERS)") \
		$(if $(COUNT),--count $(COUNT)) $(if $(BROKER),--broker $(BROKER)) $(if $(PORT),--port $(PORT)) \
		$(if $(LOG),--log "$(LOG)")

# --- checking ------------------------------------------------------------------------------------

style: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/mypy

packages:
	@bash .ci/packages

# Side by side, since many tests wait for other processes; each worker has its own RabbitMQ and PostgreSQL. The slow
# shelves come first in the alphabet and are begun first. pytest runs last, so that its summary is the last line.
WORKERS ?= $(shell n=$$(nproc); echo $$((n < 4 ? n : 4)))
test: setup packages style types
	@only=(); if [ -e $(VENV)/no-services.stamp ]; then only=(-m 'not bench and not external'); fi; \
	$(BIN)/pytest -n $(WORKERS) --dist loadscope --no-loadscope-reorder "$${only[@]}"

test-api: setup
	$(BIN)/pytest tests/api --api-examples $(or $(EXAMPLES),200)

test-long: setup
	$(BIN)/pytest -s tests/network/test_any_order.py --moves $(or $(MOVES),10000) --moves-seed $(or $(SEED),$(shell date +%s))

# What is missing of the peers makes its row absent, nothing more.
bench: setup
	@bash .ci/packages rabbitmq-server postfix
	@$(BIN)/python -m tests.bench $(if $(ONLY),--only $(ONLY)) $(if $(QUICK),--quick) \
		$(if $(MINUTES),--minutes $(MINUTES)) $(if $(JSON),--json "$(JSON)") $(if $(OUT),--out "$(OUT)")

docs: $(VENV)/run.stamp
	$(BIN)/truc docs

# The same every time: letters, names and hours come from a seed and a clock of the script's own.
screenshots: setup
	@bash .ci/packages chromium fonts-dejavu-core
	@$(BIN)/python -m tests.browser.gallery $(if $(ONLY),--only $(ONLY))

# The pages are written in Vietnamese; what has no English yet is named, and shown in Vietnamese.
CONSOLE := gateway/http/console
LOCALE := $(CONSOLE)/locale
words: setup
	$(BIN)/pybabel -q extract -F $(LOCALE)/babel.cfg -k said --no-location --sort-output \
		-o $(VENV)/console.pot $(CONSOLE)
	$(BIN)/pybabel -q update -i $(VENV)/console.pot -d $(LOCALE) -D console -l en --no-fuzzy-matching \
		--ignore-obsolete --no-wrap --ignore-pot-creation-date
	$(BIN)/pybabel compile -d $(LOCALE) -D console --statistics

# From the lock file, so it names exactly what is installed, with the hashes of the files.
sbom: setup
	$(BIN)/cyclonedx-py requirements --pyproject pyproject.toml --mc-type application --output-reproducible \
		--output-format JSON --output-file $(or $(SBOM),sbom.json) requirements.lock

# --- keeping up ----------------------------------------------------------------------------------

lock: $(VENV)/dev.stamp
	$(PIP_COMPILE) -o requirements.lock pyproject.toml
	$(PIP_COMPILE) --extra dev -c requirements.lock -o requirements-dev.lock pyproject.toml
	$(PIP_COMPILE) -c requirements-dev.lock --build-deps-for editable --only-build-deps \
		-o requirements-build.lock pyproject.toml

clean:
	rm -rf $(VENV) build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
