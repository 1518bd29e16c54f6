# Two commands: make demo, make test. Everything they need they bring themselves (deploy/setup.sh).

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help setup browser demo test double check lint types format faults fuzz bench restore-drill lock sbom clean
MAKEFLAGS += --no-print-directory

# A person's own settings must not reach into .venv.
unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV DJANGO_SETTINGS_MODULE
export PLAYWRIGHT_BROWSERS_PATH ?= $(CURDIR)/.local/browsers

PYTHON := .venv/bin/python
APPS := config students videos quizzes feed studio pipeline analytics
LONGEST_MODULE := 400
# tests/conftest.py names the settings, after it has started the servers.
PYTEST := $(PYTHON) -m pytest
# Commands that need settings but no service: nothing listens at these addresses.
OFFLINE := env -u DATABASE_URL_FILE DEVELOPMENT=1 DATABASE_URL=postgresql://nobody@127.0.0.1:1/none \
	REDIS_URL=redis://127.0.0.1:1/0
# What a deployment sets, with values that are nobody's.
DEPLOYED := env -u DEVELOPMENT -u DATABASE_URL_FILE DATABASE_URL=postgresql://app:password@db:5432/microlearning \
	REDIS_URL=redis://redis:6379/0 BROKER_URL=redis://broker:6379/0 ALLOWED_HOSTS=films.example.org \
	CSRF_TRUSTED_ORIGINS=https://films.example.org NUM_PROXIES=1 \
	SECRET_KEY=Lq8-vYt3.mZc7_wKf2-hRs9.bNd4_xGj6-pTa5.eUi1_oWk0-yQz2 \
	TOKEN_SIGNING_KEY=a-key-of-this-check-only-0000000000000001 \
	TOKEN_ROTATION_KEY=a-key-of-this-check-only-0000000000000002 \
	MEDIA_SIGNING_KEY=a-key-of-this-check-only-0000000000000003 \
	CURSOR_SIGNING_KEY=a-key-of-this-check-only-0000000000000004 \
	ANALYTICS_KEY=a-key-of-this-check-only-0000000000000005 \
	TOMBSTONE_KEY=a-key-of-this-check-only-0000000000000006 \
	FIELD_INDEX_KEY=a-key-of-this-check-only-0000000000000007 \
	FIELD_KEYS=1:YS1rZXktb2YtdGhpcy1jaGVjay1vbmx5LTAwMDAwMDg=

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-13s %s\n", $$1, $$2}' Makefile

setup: ## .venv with Python 3.13 and the locked packages; done in no time when up to date
	@sh deploy/setup.sh environment

browser: setup
	@sh deploy/setup.sh browser

demo: setup ## make films from real notes and serve everything; SERVE=0 only makes, FILMS=12 makes twelve, PORT= chooses the port
	@$(PYTHON) -m config.local.demo

test: setup ## all linters, then all tests (ARGS="-k feed" for some, PG=15 for that PostgreSQL)
	@$(MAKE) lint
	@sh deploy/setup.sh browser
	@$(PYTEST) -n 2 --dist loadfile $(ARGS)

double: setup ## every vendor's API on this machine, without a key or a cent (PORT=, HOST=)
	@$(PYTHON) -m tests.double --host $(or $(HOST),127.0.0.1) --port $(or $(PORT),8099)

check: setup ## linters and the quick tests, before a commit
	@$(MAKE) lint
	@$(PYTEST) -n 2 --dist loadfile -q -m "not film and not browser and not faults" $(ARGS)

lint: setup types ## style, types, layers, templates, migrations, deployment settings, module length
	@.venv/bin/ruff check --quiet .
	@.venv/bin/ruff format --check --quiet . || { echo "make format puts the layout right." >&2; exit 1; }
	@find $(wildcard templates $(APPS)) -name '*.html' -exec .venv/bin/djlint --lint --quiet {} +
	@.venv/bin/lint-imports --no-logo >.local/imports.log || { cat .local/imports.log; exit 1; }
	@LOCAL_DIR=.local/test $(PYTHON) manage.py makemigrations --check --dry-run
	@$(DEPLOYED) $(PYTHON) manage.py check --deploy --fail-level WARNING
	@.venv/bin/check-jsonschema --quiet --builtin-schema vendor.compose-spec deploy/compose.yaml
	@.venv/bin/hadolint Dockerfile deploy/nginx/Dockerfile
	@find $(wildcard $(APPS) benchmarks manage.py) -name '*.py' ! -path '*/migrations/*' -exec wc -l {} + | \
		awk '$$2 != "total" && $$1 > $(LONGEST_MODULE) {print $$2 " has " $$1 " lines; split it by subject"; bad = 1} \
		END {exit bad}'

types: setup
	@$(OFFLINE) .venv/bin/mypy --no-error-summary .

format: setup ## sort imports, lay out the code
	@.venv/bin/ruff check --fix --quiet .
	@.venv/bin/ruff format --quiet .

faults: setup ## the tests that kill servers and workers (SECONDS_OF_FAULTS=300 for 1,000 answers and 50 projects)
	@SECONDS_OF_FAULTS=$(or $(SECONDS_OF_FAULTS),10) $(PYTEST) -m faults -s $(ARGS)

fuzz: setup ## 200 generated requests an operation and role, and longer fuzzing (EXAMPLES=, SEED=)
	@EXAMPLES=$(or $(EXAMPLES),200) SEED=$(or $(SEED),$$RANDOM) $(PYTEST) -q -s -n 2 --timeout=0 tests/edges -k "generated or fuzz" $(ARGS)

bench: setup ## speed, memory and learning against their gates (ARGS=--quick for one round of each)
	@$(PYTHON) -m benchmarks $(ARGS)

restore-drill: setup ## back the database up, restore it beside itself, see whether it would serve (ARGS="--from FILE")
	@$(PYTHON) manage.py restore_drill $(ARGS)

lock: ## both lock files anew from pyproject.toml; UPGRADE=1 takes the newest versions
	@sh deploy/setup.sh lock

sbom: setup ## what production installs, with hashes and licences, and known weaknesses where the network answers
	@$(PYTHON) deploy/sbom.py
	@.venv/bin/pip-audit --disable-pip --require-hashes -r requirements.lock --timeout 15 --progress-spinner off || \
		echo "pip-audit: see above. Without a network nothing can be said about known weaknesses." >&2

clean: ## remove all that the commands above made
	@sh deploy/setup.sh clean
