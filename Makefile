# Each target sets up what it needs, each thing once. PYTHON chooses the Python (3.11, 3.12 or 3.13);
# PORT and SIGNALBOX_HOST where `make run` listens.

SUPPORTED := import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))
ifeq ($(origin PYTHON),undefined)
PYTHON := $(shell for p in .venv/bin/python python3 python3.13 python3.12 python3.11; do \
	"$$p" -c '$(SUPPORTED)' 2>/dev/null && { echo "$$p"; break; }; done)
endif
INSTALL := "$(PYTHON)" -B -m controlplane.embedded.install
BENCHES := asl embedded hooks pages api idle drain

# Three at a time on two cores, for much of the time is spent waiting for processes; whoever is done takes from the others.
ABREAST := -n 3 --dist worksteal

# What production sets, so that Django's deployment checks look at what production runs.
PRODUCTION := DATABASE_URL=sqlite://:memory: SIGNALBOX_PRODUCTION=1 REDIS_URL=redis://localhost SECRET_KEY=lint-only-0123456789-abcdefghijklmnopqrstuvwxyz-ABCDEFGHIJKLM \
	SIGNALBOX_ENCRYPTION_KEYS=bGludC1vbmx5LWxpbnQtb25seS1saW50LW9ubHktbGk= \
	ALLOWED_HOSTS=signalbox.example CSRF_TRUSTED_ORIGINS=https://signalbox.example

# Many processes are started; without bytecode each of them would compile all of its source again.
unexport PYTHONDONTWRITEBYTECODE

.PHONY: help python install run test test-postgres test-long lint bench $(BENCHES:%=bench-%) clean
MAKEFLAGS += --no-print-directory

help:
	@echo "make install | run | test | test-postgres | test-long | lint | bench ($(BENCHES:%=bench-%)) | clean"

python:
	@"$(PYTHON)" -c '$(SUPPORTED)' 2>/dev/null || { \
		echo "Signalbox: it needs Python 3.11, 3.12 or 3.13, and $(if $(PYTHON),$(PYTHON) is none,none is on the PATH):" \
		"say which with PYTHON=/path/to/python3.12" >&2; exit 1; }

install: python
	@$(INSTALL) install

run: python
	@$(INSTALL) run
	@exec .venv/bin/python -m controlplane.embedded

test: python
	@$(INSTALL) test
	@.venv/bin/python -m pytest -q -m "not long" $(ABREAST)

# The same on PostgreSQL: the server at TEST_DATABASE_URL, else one of its own for the run.
test-postgres: python
	@$(INSTALL) test
	@SIGNALBOX_TEST_POSTGRES=1 .venv/bin/python -m pytest -q -m "not long" $(ABREAST)

test-long: python
	@$(INSTALL) test-long
	@SIGNALBOX_EXAMPLES=10 .venv/bin/python -m pytest -q
	@SIGNALBOX_EMBEDDED_MENDS=0 .venv/bin/python -m pytest -q tests/flows
	@SIGNALBOX_TEST_POSTGRES=1 .venv/bin/python -m pytest -q

lint: python
	@$(INSTALL) lint
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/lint-imports
	.venv/bin/djlint --lint templates
	$(PRODUCTION) .venv/bin/python manage.py check --deploy --fail-level WARNING
	DATABASE_URL=sqlite://:memory: .venv/bin/python manage.py makemigrations --check --dry-run

bench: $(BENCHES:%=bench-%)

$(BENCHES:%=bench-%): bench-%: python
	@$(INSTALL) test
	@.venv/bin/python -m bench.$*

# Takes what can be brought again; what was recorded (the rest of var/) stays.
clean: python
	@$(INSTALL) clean
	@rm -rf .venv controlplane/frontend/dist controlplane/frontend/node_modules \
		var/embedded-aws/venv var/node var/static var/.collected var/log \
		.mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .coverage
	@find . -name __pycache__ -type d -not -path './var/*' -prune -exec rm -rf {} +
