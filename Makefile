# Works with GNU make 4.3 and with macOS's 3.81: no .ONESHELL, no grouped targets.
SHELL := /bin/sh
.DEFAULT_GOAL := help

# The first Python of 3.11 or later that really starts (a version manager's shim may not).
ifndef PYTHON
PYTHON := $(shell for p in python3.11 python3.12 python3.13 python3 python; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$p && break; done)
endif

BIN := .venv/bin
# What one person's machine needs; production sets its own environment and does not use make.
LOCAL := LOCAL_MODE=1
# Node comes from a wheel that requirements-dev.txt lists. Its tools are asked for by path: they would
# look for a node on PATH, and there may be none, or another.
NODE := $(BIN)/node
NODE_BIN := node_modules/.bin
NPM := $(BIN)/npm
# As tests/settings.py has it: a Postgres of its own that need not outlive a crash.
TEST_VAR := var/test
FOR_TESTS := $(LOCAL) LOCAL_POSTGRES_DURABLE=0 VAR_DIR=$(TEST_VAR)
# Nothing here is a secret: `check --deploy` only looks at the shape of production's settings.
LIKE_PRODUCTION := LOCAL_MODE=0 ALLOWED_HOSTS=exams.example.com \
	DATABASE_URL=postgres://user:password@db.example.com/exams \
	EMAIL_URL=smtp+tls://user:password@mail.example.com:587 \
	SECRET_KEY=shape-of-a-key-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJ

.PHONY: help
help: ## Show what make can do here
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: run
run: .venv/installed ## Serve on http://127.0.0.1:8000 with a Postgres of its own (HOST, PORT, WEB_WORKERS)
	@$(LOCAL) exec $(BIN)/python manage.py serve

.PHONY: test
test: check browser ## Run everything: linters, types, settings, migrations, questions, all tests
	@$(NODE) --test --test-reporter=dot --test-concurrency=2 --test-timeout=60000 "tests/js/*.test.js"
	@$(FOR_TESTS) $(BIN)/python manage.py lint_bank
# Migrations are compared with those that the database knows, so that needs a server as tests do.
	@trap '$(BIN)/python -m exam_platform.embedded_postgres stop $(TEST_VAR)/pg' EXIT; \
	trap 'exit 130' INT TERM; \
	$(FOR_TESTS) $(BIN)/python manage.py makemigrations --check --dry-run && \
	$(FOR_TESTS) $(BIN)/python -m pytest -n 2 $(ARGS)

.PHONY: check
check: .venv/installed-dev node_modules/installed ## Run linters, type checkers and Django's own checks
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/djlint --lint --quiet templates
	@$(LOCAL) $(BIN)/mypy
	@$(NODE) $(NODE_BIN)/biome check --error-on-warnings
	@$(NODE) $(NODE_BIN)/tsc
	@$(LIKE_PRODUCTION) $(BIN)/python manage.py check --deploy --fail-level WARNING

.PHONY: fix
fix: .venv/installed-dev node_modules/installed ## Repair what the linters can (templates by hand: djlint moves visible spaces)
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .
	@$(NODE) $(NODE_BIN)/biome check --write

.PHONY: bench
bench: .venv/installed-dev ## Measure the server under load
	@$(BIN)/python -m tests.load.bench

.PHONY: chaos
chaos: .venv/installed-dev browser ## Break every part of the site under load and look for lost answers
	@$(BIN)/python -m tests.chaos

.PHONY: lock
lock: .venv/installed-dev ## Write the lock files anew from pyproject.toml and package.json
	@$(COMPILE) pyproject.toml -o requirements.txt
	@$(COMPILE) --group dev pyproject.toml -o requirements-dev.txt
	@$(NPM) install --package-lock-only --loglevel=error

COMPILE := $(BIN)/uv pip compile -q --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-annotate --no-header

.PHONY: browser
browser: .venv/installed-dev
	@$(BIN)/python -m tests.browser.chromium

INSTALL := $(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r

.venv/installed: requirements.txt | .venv/made
	@echo "Installing what requirements.txt lists (once; about half a minute)"
	@$(INSTALL) requirements.txt
	@touch $@

.venv/installed-dev: requirements-dev.txt | .venv/made
	@echo "Installing what requirements-dev.txt lists (once; about a minute)"
	@$(INSTALL) requirements-dev.txt
	@touch $@ .venv/installed

# What a package would run at its installation is not needed, and not run.
node_modules/installed: package-lock.json .npmrc | .venv/installed-dev
	@echo "Installing what package-lock.json lists (once; a few seconds)"
	@$(NPM) ci --ignore-scripts --loglevel=error
	@touch $@

# A stamp of its own: a folder half made by an interrupted start has bin/python, but no pip.
.venv/made:
	@test -n "$(PYTHON)" || { echo "No Python 3.11 or later found. Install one, or name it: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	{ echo "$(PYTHON) is no Python 3.11 or later. Name one that is: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || "$(PYTHON)" -m venv .venv
	@touch $@
