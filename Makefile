.DEFAULT_GOAL := help
.PHONY: help setup

PYTHON ?= python3
VENV := .venv
UV := $(VENV)/bin/uv

help:  ## Say what can be made
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 16


## The environment

setup: $(VENV)/.ready  ## Make .venv: the locked packages, and Protem editable

$(VENV)/bin/pip:
	@command -v $(PYTHON) >/dev/null || { \
	  echo "There is no '$(PYTHON)'. Install Python 3.11 or newer, or say which with: make PYTHON=... setup" >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "'$(PYTHON)' is $$($(PYTHON) --version); Protem needs 3.11 or newer. Say which with: make PYTHON=... setup" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || { \
	  echo "'$(PYTHON)' cannot make virtual environments. On Debian: apt-get install python3-venv" >&2; exit 1; }
	@echo "Making $(VENV)"
	@$(PYTHON) -m venv --clear $(VENV)

$(VENV)/.locked: requirements/uv.txt requirements/dev.txt | $(VENV)/bin/pip
	@echo "Installing the locked packages"
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@$(UV) pip sync --quiet --python $(VENV) --require-hashes requirements/dev.txt || { \
	  echo "uv could not install them (it does not read pip's configuration); trying pip"; \
	  $(VENV)/bin/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/dev.txt; }
	@touch $@

$(VENV)/.ready: $(VENV)/.locked pyproject.toml
	@echo "Installing Protem, editable"
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check --no-index --no-deps --no-build-isolation --editable .
	@touch $@
