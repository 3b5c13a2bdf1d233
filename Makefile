.DEFAULT_GOAL := help
.PHONY: help setup demo test coverage fuzz races simulate planted chaos bench bench-audit bench-growth bench-http bench-reconciler audit-campaign check format lock audit wheel clean

PYTHON ?= python3
PORT ?= 8000
VENV := .venv
UV := $(VENV)/bin/uv
# One more than there are processors: tests wait for the database as much as they compute.
WORKERS ?= $(shell expr $$(getconf _NPROCESSORS_ONLN) + 1)

help:  ## Say what can be made
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/make \1\t\2/p' Makefile | expand -t 16


# The environment

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


# What people do with it

demo: setup  ## Serve a seeded sandbox on http://127.0.0.1:8000 (PORT=... for another port)
	@$(VENV)/bin/protem demo --port $(PORT)

test: setup  ## Run every test, on SQLite and on PostgreSQL
	@$(VENV)/bin/pytest --numprocesses $(WORKERS) --dist worksteal

coverage: setup  ## The same, and say which lines no test reaches
	@$(VENV)/bin/pytest --numprocesses $(WORKERS) --dist worksteal --cov --cov-report=term

fuzz: setup  ## Attack every operation as every kind of caller, for some minutes (EXAMPLES=10 SEED=8)
	@$(VENV)/bin/python -W ignore -m tests.attacks.campaign $(or $(EXAMPLES),10) $(or $(SEED),8)

races: setup  ## Run everything that two can do at once, many times over (ROUNDS=100)
	@ROUNDS=$(or $(ROUNDS),100) $(VENV)/bin/pytest --numprocesses $(WORKERS) --dist worksteal \
	  $(wildcard tests/broker/test_*races.py) tests/broker/test_reviews.py

chaos: setup  ## Kill real processes under load, and look what is left (ROUNDS=10 SEED=0 BESIDE=3 DATABASE=both)
	@$(VENV)/bin/python -m tests.chaos --rounds $(or $(ROUNDS),10) --seed $(or $(SEED),0) \
	  --beside $(or $(BESIDE),3) --database $(or $(DATABASE),both)

simulate: setup  ## Play random histories in simulated time, and check every promise (SEEDS=200 STEPS=40 FIRST=1 DATABASE=sqlite FAILURES=file; SEED=7)
	@$(VENV)/bin/python -m tests.simulation.campaign --steps $(or $(STEPS),40) --database $(or $(DATABASE),sqlite) \
	  $(if $(FAILURES),--failures $(FAILURES)) $(if $(SEED),--first $(SEED) --seeds 1,--first $(or $(FIRST),1) --seeds $(or $(SEEDS),200))

planted: setup  ## See that the simulation finds every bug that is planted for it (SEEDS=200)
	@$(VENV)/bin/python -m tests.simulation.planted.runner --seeds $(or $(SEEDS),200)

bench: setup  ## Measure how fast entitlements decide, and how that grows (benchmarks/README.md)
	@$(VENV)/bin/python -m benchmarks.policy

bench-audit: setup  ## Measure how fast the record is searched (ROWS=200000; 10000000 takes most of an hour)
	@$(VENV)/bin/python -m benchmarks.audit --rows $(or $(ROWS),200000)

bench-growth: setup  ## Measure how all of it grows with the history (ROWS=100000 DATABASE=both)
	@$(VENV)/bin/python -m benchmarks.growth --rows $(or $(ROWS),100000) --on $(or $(DATABASE),both)

bench-http: setup  ## Measure the API beside a service that only inserts (DATABASE=both CONNECTIONS=16 SECONDS=1.5)
	@$(VENV)/bin/python -m benchmarks.http --on $(or $(DATABASE),both) \
	  --connections $(or $(CONNECTIONS),16) --seconds $(or $(SECONDS),1.5)

bench-reconciler: setup  ## Measure the reconciler at AWS's limits, in simulated time (SCENARIO=a|b|c|d HOURS=24 OTHERS=10 DATABASE=url)
	@$(VENV)/bin/python -m benchmarks.reconciler $(foreach one,$(SCENARIO),--scenario $(one)) \
	  $(if $(HOURS),--hours $(HOURS)) $(if $(OTHERS),--others $(OTHERS)) $(if $(DATABASE),--database $(DATABASE))

audit-campaign: setup  ## Damage an export of the record in every way, and count what is found (MIXTURES=5000)
	@$(VENV)/bin/python -m tests.broker.record.campaign --mixtures $(or $(MIXTURES),5000)

check: setup  ## Check format, rules, types, imports, and that migrations and models agree
	@echo "Format"; $(VENV)/bin/ruff format --check --quiet . || { echo "Run: make format" >&2; exit 1; }
	@echo "Rules"; $(VENV)/bin/ruff check --quiet .
	@echo "Types"; $(VENV)/bin/mypy src tests benchmarks
	@echo "Imports"; $(VENV)/bin/lint-imports --no-logo
	@echo "Migrations"; $(VENV)/bin/pytest --quiet tests/test_migrations.py

format: setup  ## Put the code into shape
	@$(VENV)/bin/ruff check --quiet --fix-only .
	@$(VENV)/bin/ruff format .


# What maintainers do with it; these need the network

# No index and no header: a lock names no host, so that it serves every registry.
LOCK := $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header

lock: $(VENV)/.locked  ## Lock anew after a change in pyproject.toml (UPGRADE=--upgrade: the newest of everything)
	$(LOCK) $(UPGRADE) requirements/uv.in --output-file requirements/uv.txt
	$(LOCK) $(UPGRADE) --group build --output-file requirements/build.txt
	$(LOCK) $(UPGRADE) pyproject.toml --extra postgresql --output-file requirements/runtime.txt
	$(LOCK) $(UPGRADE) pyproject.toml --extra postgresql --group dev --constraints requirements/build.txt \
	  --constraints requirements/runtime.txt --output-file requirements/dev.txt

audit: setup  ## Look the locked packages up among the known vulnerabilities
	@$(VENV)/bin/pip-audit --strict --disable-pip --requirement requirements/dev.txt || { \
	  echo "A locked package is vulnerable (make lock UPGRADE=--upgrade), or the advisories are out of reach" >&2; exit 1; }


# What is made from it

wheel: setup  ## Build dist/*.whl
	@$(VENV)/bin/pip wheel --quiet --no-index --no-deps --no-build-isolation --wheel-dir dist .
	@ls dist/*.whl

clean:  ## Remove everything that was made
	rm -rf $(VENV) dist htmlcov .coverage* .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
