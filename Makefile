# Everything happens in .venv; nothing needs root. `make help` lists the commands.
PYTHON ?= python3
ARGS ?=
VENV := .venv
PY := $(VENV)/bin/python

# --no-deps: the files are complete, so pip has nothing to resolve. --compile: start-up must not depend on who ran first.
PIP := $(PY) -m pip --disable-pip-version-check --no-input install --quiet --no-deps --compile
SELF := $(PIP) --no-build-isolation --editable .

# Looked up before PATH changes: once .venv is there, its own python3 would be found first.
python := $(shell command -v "$(PYTHON)")
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.NOTPARALLEL: # two pips in one environment
.DEFAULT_GOAL := help

.PHONY: help
help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-16s %s\n", $$1, $$2 }' Makefile

.PHONY: run
run: $(VENV)/.run tools ## Stage 6 at work on this machine: examples/five_scenes.py
	@$(PY) examples/five_scenes.py $(ARGS)

# Three at a time: the tests wait for other programs a quarter of the time (two cores: 2 min 37 s; two at a time 3 min 12 s,
# four 2 min 49 s). Where that variable is set, each process rewrites the assertions of every test anew, which takes seconds.
.PHONY: test
test: $(VENV)/.dev tools ## the tests, except the slow ones; ARGS='-k tag -x' goes to pytest
	@PYTHONDONTWRITEBYTECODE= $(PY) -m pytest -n 3 --dist worksteal $(ARGS)

.PHONY: fuzz
fuzz: $(VENV)/.dev ## thousands of hostile inputs for all that reads foreign content; FUZZ_SEED=2 gives others
	@$(PY) -m pytest -n 2 -m fuzz tests/fuzz $(ARGS)

.PHONY: lint
lint: $(VENV)/.dev ## style, types, and the floors of the package
	$(PY) -m ruff check
	$(PY) -m ruff format --check
	$(PY) -m mypy
	$(VENV)/bin/lint-imports

.PHONY: bench
bench: $(VENV)/.dev tools ## the figures beside the neighbours'
	@$(PY) benchmarks/run.py $(ARGS)

.PHONY: tools
tools: $(VENV)/.python ## helm and kubectl into .venv/bin, where PATH has none; for the tests helm 3 and 4, too
	@$(PY) scripts/install_tools.py

.PHONY: registry
registry: $(VENV)/.python ## an OCI registry for the tests that want one (Debian and its like; no root)
	@scripts/install_registry.sh $(VENV)/bin

.PHONY: kube-assets
kube-assets: ## etcd, kube-apiserver and kube-controller-manager for `make cluster`, built once (Go; minutes, 6 GB)
	@[ -n "$${KUBEBUILDER_ASSETS:-}" ] || scripts/build_kube_assets.sh "$${XDG_CACHE_HOME:-$$HOME/.cache}/jetscale-cicd/kube-assets"

.PHONY: secrets-operator
secrets-operator: ## External Secrets Operator for the tests of `make cluster` that want one, built once (Go; minutes, 2 GB)
	@scripts/build_secrets_operator.sh "$${XDG_CACHE_HOME:-$$HOME/.cache}/jetscale-cicd/secrets-operator"

.PHONY: vault-server
vault-server: ## HashiCorp Vault for the tests of its reader, which skip without it, built once (Go; minutes, 4 GB)
	@scripts/build_vault_server.sh "$${XDG_CACHE_HOME:-$$HOME/.cache}/jetscale-cicd/vault-server"

.PHONY: cluster
cluster: $(VENV)/.dev tools ## the tests on a real Kubernetes API server: make kube-assets first, or set KUBECONFIG
	@$(PY) -m pytest -m cluster $(if $(KUBECONFIG),,-n 4 --dist worksteal) $(ARGS)

.PHONY: lock
lock: $(VENV)/.dev ## resolve requirements/ anew from pyproject.toml; ARGS=--upgrade for newer versions
	$(call lock,run,--extra build --extra aws)
	$(call lock,dev,--extra dev --constraints requirements/run.txt)

lock = UV_CUSTOM_COMPILE_COMMAND='make lock' $(PY) -m uv pip compile --quiet --universal --python-version 3.11 \
	--generate-hashes --no-emit-index-url $(2) $(ARGS) --output-file requirements/$(1).txt pyproject.toml

.PHONY: pins
pins: $(VENV)/.python ## whether the pinned helm, kubectl and control plane are the newest; asks the package index and Go's proxy
	@$(PY) scripts/check_pins.py

.PHONY: clean
clean: ## remove .venv, caches and build output
	rm -rf $(VENV) dist build .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(VENV)/.python:
	@[ -n "$(python)" ] || { echo "make: no '$(PYTHON)' on PATH. Install Python 3.11 or newer, or name one: make PYTHON=/path/to/python" >&2; exit 1; }
	@"$(python)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "make: $(python) is $$("$(python)" --version 2>&1), and Python 3.11 or newer is needed. Name one: make PYTHON=python3.12" >&2; exit 1; }
	"$(python)" -m venv $(VENV)
	@touch $@

$(VENV)/.run: requirements/run.txt pyproject.toml | $(VENV)/.python
	$(PIP) --require-hashes -r requirements/run.txt
	$(SELF)
	@touch $@

# dev.txt holds all of run.txt in the same versions
$(VENV)/.dev: requirements/dev.txt requirements/run.txt pyproject.toml | $(VENV)/.python
	$(PIP) --require-hashes -r requirements/dev.txt
	$(SELF)
	@touch $(VENV)/.run $@
