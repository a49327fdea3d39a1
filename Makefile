# Two commands are all you need: make serve, make test.
PORT ?= 8000
VENV := .venv
PYTHON ?= python3
# Set when uv is on this machine; it is faster, but plain venv and pip do as well.
UV := $(shell command -v uv 2>/dev/null)
SITE := cds_service/web/site/index.html
# What the documentation tells of: when any of it is newer, `make serve` builds it again.
TOLD := $(shell find docs cds_service scripts/documentation fhir_fixtures/README.md tests/scenarios/README.md *.md mkdocs.yml \
	-name site -prune -o -type f \( -name '*.md' -o -name '*.toml' -o -name '*.py' -o -name '*.yml' \) -print)

.DEFAULT_GOAL := help
.PHONY: help serve test lint docs wheel bench lock clean

help:
	@echo "make serve [PORT=9000]  set up if needed, then start the service, with its documentation"
	@echo "make test               set up if needed, then run every check"
	@echo "make lint               style, types and import rules only"
	@echo "make docs               build the documentation anew, telling all that is wrong with it"
	@echo "make wheel              build the package, documentation included, into dist/"
	@echo "make bench              measure the service"
	@echo "make lock               renew the locked versions from pyproject.toml"
	@echo "make clean              remove .venv"

# The service needs no documentation: without it, it starts all the same and says so.
serve: $(VENV)/.run.stamp
	@test ! -e $(VENV)/.docs.stamp || $(MAKE) --no-print-directory $(SITE) || echo "Going on without the documentation of this version." >&2
	$(VENV)/bin/spine-cds serve --port $(PORT)

test: $(VENV)/.dev.stamp
	scripts/test.sh

lint: $(VENV)/.dev.stamp
	scripts/lint.sh

docs: $(VENV)/.docs.stamp
	$(VENV)/bin/python -m scripts.documentation.build

$(SITE): $(TOLD) $(VENV)/.docs.stamp
	@echo "Building the documentation (a few seconds) ..."
	@$(VENV)/bin/python -m scripts.documentation.build >/dev/null

wheel: docs
	$(VENV)/bin/python -m flit_core.wheel --outdir dist

bench: $(VENV)/.dev.stamp
	$(VENV)/bin/python bench/run.py

lock:
	scripts/lock.sh

clean:
	rm -rf $(VENV)

# Before anything is made: an environment of an old Python would have to be removed by hand.
$(VENV)/bin/python:
	@scripts/check_python.sh "$(PYTHON)" "$(firstword $(MAKECMDGOALS))"
ifdef UV
	uv venv --quiet --python "$$($(PYTHON) -c 'import sys; print(sys.executable)')" --no-python-downloads $(VENV)
else
	$(PYTHON) -m venv $(VENV)
endif

# A stamp is as new as the lock that was installed, so an unchanged lock costs nothing.
# One installation for service and documentation is half as long as two. Where the generator cannot be had, the service can.
$(VENV)/.run.stamp: requirements.lock requirements-docs.lock pyproject.toml | $(VENV)/bin/python
	scripts/install.sh $(VENV) requirements-docs.lock && touch $(VENV)/.docs.stamp || scripts/install.sh $(VENV) requirements.lock
	@touch $@

$(VENV)/.docs.stamp: requirements-docs.lock pyproject.toml | $(VENV)/bin/python
	scripts/install.sh $(VENV) requirements-docs.lock
	@touch $@ $(VENV)/.run.stamp

$(VENV)/.dev.stamp: requirements-dev.lock pyproject.toml | $(VENV)/bin/python
	scripts/install.sh $(VENV) requirements-dev.lock
	@touch $@ $(VENV)/.docs.stamp $(VENV)/.run.stamp
