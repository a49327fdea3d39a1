# Two commands are all you need: make serve, make test.
PORT ?= 8000
VENV := .venv
PYTHON ?= python3
# Set when uv is on this machine; it is faster, but plain venv and pip do as well.
UV := $(shell command -v uv 2>/dev/null)

.DEFAULT_GOAL := help
.PHONY: help serve test lint docs wheel bench lock clean

help:
	@echo "make serve [PORT=9000]  set up if needed, then start the service"
	@echo "make test               set up if needed, then run every check"
	@echo "make lint               style, types and import rules only"
	@echo "make docs               build the documentation; the service shows it at /docs"
	@echo "make wheel              build the package, documentation included, into dist/"
	@echo "make bench              measure the service"
	@echo "make lock               renew the locked versions from pyproject.toml"
	@echo "make clean              remove .venv"

serve: $(VENV)/.run.stamp
	$(VENV)/bin/spine-cds serve --port $(PORT)

test: $(VENV)/.dev.stamp
	scripts/test.sh

lint: $(VENV)/.dev.stamp
	scripts/lint.sh

docs: $(VENV)/.docs.stamp
	$(VENV)/bin/python -m scripts.documentation.build

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
$(VENV)/.run.stamp: requirements.lock pyproject.toml | $(VENV)/bin/python
	scripts/install.sh $(VENV) requirements.lock
	@touch $@

$(VENV)/.docs.stamp: requirements-docs.lock pyproject.toml | $(VENV)/bin/python
	scripts/install.sh $(VENV) requirements-docs.lock
	@touch $@ $(VENV)/.run.stamp

$(VENV)/.dev.stamp: requirements-dev.lock pyproject.toml | $(VENV)/bin/python
	scripts/install.sh $(VENV) requirements-dev.lock
	@touch $@ $(VENV)/.docs.stamp $(VENV)/.run.stamp
