# make setup | run | test. PYTHON names another interpreter (3.11 to 3.13), PORT another port.

PYTHON ?= $(shell for p in python3 python3.11 python3.12 python3.13; do \
	$$p -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null && echo $$p && break; done)
PORT ?= 8501
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
RAY_STAMP := $(VENV)/.installed-ray
OWN_CHROMIUM := import os, sys; from playwright.sync_api import sync_playwright as start; p = start().start(); \
	found = os.path.exists(p.chromium.executable_path); p.stop(); sys.exit(not found)

.DEFAULT_GOAL := help
.PHONY: help setup run test chromium

help:
	@echo "make setup   create $(VENV) and install what requirements.txt pins"
	@echo "make run     serve the app on http://127.0.0.1:$(PORT)"
	@echo "make test    run the tests (fetches Chromium when there is none)"

setup: $(STAMP)

# The stamp is newer than the pins once they are installed, so a second setup does nothing.
# Without python3-venv Debian makes half an environment, one that has no pip: it is made anew, so pip is what is asked for.
$(STAMP): requirements.txt
	@test -n "$(PYTHON)" || { echo "No Python 3.11, 3.12 or 3.13 was found. Install one, or name it: make PYTHON=..." >&2; exit 1; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(VENV) || { \
		echo "$(VENV) could not be made. On Debian and Ubuntu it needs the package python3-venv (python3.12-venv for python3.12, and so on): install it, then run make again." >&2; exit 1; }
	$(BIN)/python -m pip install --quiet --requirement requirements.txt
	@touch $(STAMP)

run: $(STAMP)
	$(BIN)/python -m streamlit run app.py --server.address 127.0.0.1 --server.port $(PORT) --server.headless true

# A file's tests stay in one process, for they share what is slow to build; files go in their order, Chromium's first.
# How many processes tests/conftest.py says.
test: $(STAMP) $(RAY_STAMP) chromium
	$(BIN)/python -m pytest -q -n auto --dist loadfile --no-loadscope-reorder

# An extra of the app, but its tests are worth a minute of fetching; without it they are skipped, and say so.
$(RAY_STAMP): requirements-ray.txt $(STAMP)
	@$(BIN)/python -m pip install --quiet --requirement requirements-ray.txt \
		|| echo "Ray could not be installed: the tests of --engine ray are skipped." >&2
	@touch $(RAY_STAMP)

# A Chromium that runs (Ubuntu's package is a stub for snap, which does not in a container): one that is there, Debian's
# package when root, else Playwright's own build, with the libraries it needs when root.
chromium: $(STAMP)
	@if chromium --version >/dev/null 2>&1 || $(BIN)/python -c '$(OWN_CHROMIUM)'; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		apt-get update -qq && apt-get install -y -qq --no-install-recommends chromium; \
		chromium --version >/dev/null 2>&1 && exit 0; \
		$(BIN)/python -m playwright install --with-deps chromium && exit 0; fi; \
	$(BIN)/python -m playwright install chromium && exit 0; \
	echo "The browser tests need Chromium. Install the package 'chromium', or run: $(BIN)/python -m playwright install --with-deps chromium" >&2; \
	exit 1
