# POSTD: every target does the set-up that it needs and says in one line what it is doing.
# `make` alone lists the targets: the text after `##` is the help.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
# Processes are started all the time here: without compiled files each takes twice as long.
unexport PYTHONDONTWRITEBYTECODE

BIN := .venv/bin
CODE := app schema resolvers workers connectors migrations tests benchmarks
ONCE ?=
JOBS ?= 3
SEED ?=
# bash counts seconds under this name, so only what was asked for on the command line is meant.
SECONDS_ASKED := $(if $(filter command line,$(origin SECONDS)),$(SECONDS))

.PHONY: help
help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: setup
setup: ## make .venv from the lock file; the other targets call it
	@deploy/setup

.PHONY: demo
demo: setup ## play the whole story on real servers and simulated platforms (ONCE=1: to its end, then stop)
	@$(BIN)/postd demo $(if $(filter-out 0,$(ONCE)),--once)

.PHONY: dev
dev: setup ## run everything from this folder and reload on change
	@$(BIN)/postd dev

# Tests of whole processes run by themselves, two files at a time: they hold leases of seconds, and mostly wait for
# their ends. All others share JOBS processes.
WHOLE := tests/processes tests/torture
.PHONY: test
test: setup ## run every test (JOBS=n: in n processes; ARGS=path: these tests only)
	@$(BIN)/python -m tests.browser.chromium --ensure
	@$(BIN)/python -m tests.s3.install
	@$(BIN)/python -m tests.typescript.install
ifdef ARGS
	@$(BIN)/python -m pytest $(ARGS)
else
	@echo "Running the tests of whole processes"
	@$(BIN)/python -m pytest -n 2 $(WHOLE)
	@echo "Running all others"
	@$(BIN)/python -m pytest -n $(JOBS) $(addprefix --ignore=,$(WHOLE))
endif

.PHONY: check
check: setup ## format, lint, types, import rules, dead code, migrations, SDL, dependencies, secrets
	@echo "Lint (ruff)"
	@$(BIN)/ruff check .
	@echo "Format (ruff)"
	@$(BIN)/ruff format --check .
	@echo "Types (mypy, strict)"
	@$(BIN)/mypy $(CODE)
	@echo "Types of the planner (tsc)"
	@$(BIN)/python -m tests.typescript.check
	@echo "The one-way rule (import-linter)"
	@$(BIN)/lint-imports
	@echo "Dead code (vulture)"
	@$(BIN)/python -m tests.dead_code
	@echo "Models against migrations (alembic)"
	@$(BIN)/postd migrate --check
	@echo "Schema snapshot, dependency floors, settings and compose file (pytest)"
	@$(BIN)/python -m pytest -q tests/schema/test_snapshot.py tests/test_dependencies.py tests/deploy
	@echo "Installed packages fit together (pip)"
	@$(BIN)/python -m pip --disable-pip-version-check check
	@echo "Secrets (detect-secrets)"
	@$(BIN)/python -m tests.secret_scan

.PHONY: bench
bench: setup ## run every benchmark
	@for script in benchmarks/*.py; do \
		case "$$script" in */__init__.py) continue;; esac; \
		echo "Running $$script"; \
		$(BIN)/python -m "$$(echo "$${script%.py}" | tr / .)"; \
	done

.PHONY: torture
torture: setup ## prove publishing under faults (SECONDS=600 SEED=1: a random campaign; ARGS="--write": keep the result)
	@echo "Torturing an installation of its own: about 30 minutes, or SECONDS"
	@$(BIN)/python -m tests.torture $(if $(SECONDS_ASKED),--seconds $(SECONDS_ASKED)) $(if $(SEED),--seed $(SEED)) $(ARGS)

.PHONY: lock
lock: ## resolve the lock files anew (needs uv)
	@command -v uv > /dev/null || { echo "make lock needs uv: pip install uv"; exit 1; }
	@echo "Resolving requirements.lock"
	@uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --quiet \
		--upgrade pyproject.toml -o requirements.lock
	@echo "Resolving requirements-dev.lock"
	@uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --quiet \
		--upgrade --constraint requirements.lock --extra demo --extra dev pyproject.toml -o requirements-dev.lock
	@echo "Resolving tests/s3/requirements.lock"
	@uv pip compile --universal --python-version 3.11 --generate-hashes --no-header --no-annotate --quiet \
		--upgrade tests/s3/requirements.in -o tests/s3/requirements.lock
	@echo "Resolving tests/typescript/package-lock.json"
	@$(BIN)/python -m tests.typescript.install --lock

.PHONY: secrets
secrets: setup ## accept what the secret scan finds now, after you have looked at it
	@$(BIN)/python -m tests.secret_scan --accept

.PHONY: env
env: setup ## write .env.example from the settings
	@$(BIN)/python -m tests.deploy.env_example --write

.PHONY: docs
docs: setup ## write the pages that are made from the code: states, platforms, metrics, authorization
	@$(BIN)/python -m tests.docs.states_page --write
	@$(BIN)/python -m tests.docs.platforms_page --write
	@$(BIN)/python -m tests.docs.authorization_page --write
	@$(BIN)/python -m tests.docs.metrics_page --write

.PHONY: screenshot
screenshot: setup ## take the README's pictures anew
	@$(BIN)/python -m tests.browser.chromium --ensure
	@$(BIN)/python -m tests.docs.screenshot

.PHONY: clean
clean: ## stop the embedded servers; remove .venv, .postd and caches
	@if [ -d .postd ]; then \
		echo "Stopping the embedded servers"; \
		python="$$(command -v $(BIN)/python || command -v python3)"; \
		"$$python" -m app.kernel.embedded.stop .postd; \
	fi
	@echo "Removing .venv, .postd and the caches of Python and its tools"
	@rm -rf .venv .postd .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
