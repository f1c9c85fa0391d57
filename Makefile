# make run    the page over the two sample reports
# make test   every test, those in a browser included
# make lint   style and types

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
INDEX ?= .reportsearch
PORT ?= 8501
# A file of tests stays in one process: what its tests share is built once.
PYTEST ?= -n auto --maxprocesses 4 --dist loadfile

.PHONY: run test lint browser clean

run: $(VENV)/.installed
	$(BIN)/reportsearch build seeds --index $(INDEX)
	$(BIN)/reportsearch ui --index $(INDEX) --port $(PORT)

test: $(VENV)/.installed-dev browser
	$(BIN)/python -m pytest $(PYTEST)

lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check index search ui tests
	$(BIN)/mypy

$(VENV)/.installed: pyproject.toml $(VENV)/.torch
	$(BIN)/python -m pip install --quiet --editable .
	touch $@

$(VENV)/.installed-dev: pyproject.toml $(VENV)/.torch
	$(BIN)/python -m pip install --quiet --editable ".[dev]"
	touch $@ $(VENV)/.installed

# On a Linux machine without an NVIDIA GPU, the CPU build of torch: from what pip is set up with, else as uv finds it.
$(VENV)/.torch:
	$(PYTHON) -c 'import sys; sys.exit("Python 3.11 or newer is needed: make PYTHON=python3.11 …" if sys.version_info < (3, 11) else 0)'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	if [ "$$(uname -s)" = Linux ] && ! [ -e /dev/nvidiactl ] && ! $(BIN)/python -c 'import torch' 2>/dev/null; then \
		$(BIN)/python -m pip install --quiet "torch==2.13.0+cpu" 2>/dev/null || \
		{ $(BIN)/python -m pip install --quiet uv && $(BIN)/uv pip install --quiet --python $(BIN)/python --torch-backend cpu torch; } || \
		{ echo "No CPU build of torch was found; see \"Installing\" in README.md." >&2; exit 1; }; \
	fi
	touch $@

# The tests of the page drive Chromium. As root on Debian or Ubuntu it is installed; else its test says what to install.
browser:
	@if ! { command -v chromium || command -v chromium-browser || command -v google-chrome || command -v google-chrome-stable; } >/dev/null \
		|| ! command -v chromedriver >/dev/null; then \
		if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
			apt-get update -qq && apt-get install -qq -y chromium chromium-driver >/dev/null || true; \
		fi; \
	fi

clean:
	rm -rf $(VENV) $(INDEX)
