# Hedui. `make nightly` and `make test` work on a machine with Python 3.11+, make and the package registries.
PYTHON ?= python3
BIN := .venv/bin
HOUSEHOLDS ?= 2000
SEED ?= 20260630
export HEDUI_HOME ?= var
export HEDUI_MOCK_HOME ?= mock
DATE_OPTION := $(if $(DATE),--date $(DATE),)

.DEFAULT_GOAL := help
.PHONY: help setup setup-all lock nightly test check bench accuracy web clean

help: ## what there is to make
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "make %-9s %s\n", $$1, $$2}' Makefile

setup: .venv/.ready ## install what a night needs, once, from the hashed lock file

setup-all: .venv/.ready-all ## install Spark and its Java as well, which tests and benchmarks need

.venv/.ready: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
		|| { echo 'error: Hedui needs Python 3.11 to 3.13'; echo 'hint: make PYTHON=python3.12 setup'; exit 1; }
	$(PYTHON) -m venv .venv
	@awk '/^uv==/ {on=1} on && /^    # via/ {exit} on' requirements.lock > .venv/uv.lock
	$(BIN)/pip install --quiet --require-hashes --no-deps -r .venv/uv.lock
	$(call install,requirements.lock)

.venv/.ready-all: requirements-all.lock .venv/.ready
	$(call install,requirements-all.lock)

define install
	$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes $(1)
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@touch $@
endef

lock: ## resolve the dependencies anew into the hashed lock files
	$(BIN)/uv pip compile --quiet --upgrade --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
		--extra dev pyproject.toml -o requirements.lock
	$(BIN)/uv pip compile --quiet --upgrade --generate-hashes --no-emit-index-url --no-header --python-version 3.11 \
		--all-extras -c requirements.lock pyproject.toml -o requirements-all.lock

nightly: setup ## verify the mock province overnight, in Airflow (HOUSEHOLDS=2000 SEED=… DATE=YYYY-MM-DD)
	$(BIN)/hedui mock up --households $(HOUSEHOLDS) --seed $(SEED) $(DATE_OPTION)
	$(BIN)/hedui household import "$$(ls -t $(HEDUI_MOCK_HOME)/households.xlsx $(HEDUI_MOCK_HOME)/households.csv 2>/dev/null | head -1)"
	$(BIN)/hedui nightly --airflow $(DATE_OPTION)

test: setup-all ## run every test
	$(BIN)/pytest -n 2 --dist loadfile

check: setup-all ## lint, format, types, and the house's import rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --cache-dir .venv/import_linter

bench: setup-all ## run the benchmarks, or one: make bench NAME=night
	$(BIN)/python -m bench $(NAME)

accuracy: HOUSEHOLDS = 200000
accuracy: setup-all ## how right matching is, on three provinces (HOUSEHOLDS=200000 SEEDS=7001,7002,7003) or LABELS=… MATCHES=…
	$(BIN)/python -m bench.accuracy --households $(HOUSEHOLDS) $(if $(SEEDS),--seeds $(SEEDS),) \
		$(if $(LABELS),--labels "$(LABELS)" --matches "$(MATCHES)",)

web: setup ## show the newest run's page
	$(BIN)/hedui run page

clean: ## stop the mock province and delete everything that was made here
	-@test -x $(BIN)/hedui && $(BIN)/hedui mock down
	rm -rf $(HEDUI_HOME) $(HEDUI_MOCK_HOME) .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis
