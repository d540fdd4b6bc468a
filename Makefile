# Two commands do everything: `make run` and `make test`. They need python3 with venv, and no root.
PYTHON ?= python3
VENV := .venv
PINNED := .venv-board
SOURCE ?= demo

.PHONY: run test venv lint test-pinned test-training failsafe clean

# The daemon's real loop, with mock lines and the emulator. SOURCE=0 (a webcam), SOURCE=clip.mp4, SOURCE=folder/
run: $(VENV)/.installed
	@$(VENV)/bin/binarycop run --source "$(SOURCE)"

test: $(VENV)/.tested lint
	$(VENV)/bin/python -m pytest

lint: $(VENV)/.tested
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

# The versions that a PYNQ-Z1 image has: Python 3.10, numpy 1.21, OpenCV 4.5.4. PYTHON310 names the interpreter.
PYTHON310 ?= python3.10
test-pinned: $(PINNED)/.installed
	$(PINNED)/bin/python -m pytest

# What trains and exports: torch, brevitas, qonnx. TORCH may name another build, e.g. one for a GPU.
TRAINING := .venv-train
TORCH ?= torch==2.13.0
test-training: $(TRAINING)/.installed
	$(TRAINING)/bin/python -m pytest tests/overlays

venv: $(VENV)/.installed

$(VENV)/.installed: setup.cfg pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
		{ echo "make: Python 3.10 or newer is needed; say PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
		{ echo "make: Python's venv is missing: apt install python3-venv" >&2; exit 1; }
	@echo "setting up $(VENV), once"
	@$(PYTHON) -m venv $(VENV)
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --editable .
	@touch $@

$(VENV)/.tested: $(VENV)/.installed
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	@touch $@

$(PINNED)/.installed: setup.cfg pyproject.toml
	@$(PYTHON310) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 10))' 2>/dev/null || \
		{ echo "make: Python 3.10 is needed; say PYTHON310=/path/to/python3.10" >&2; exit 1; }
	@$(PYTHON310) -m venv $(PINNED)
	@$(PINNED)/bin/python -m pip install --quiet --disable-pip-version-check \
		'numpy==1.21.*' 'opencv-python-headless==4.5.4.60' 'pytest>=7' 'hypothesis>=6' --editable .
	@touch $@

$(TRAINING)/.installed: setup.cfg pyproject.toml
	@$(PYTHON) -m venv $(TRAINING)
	@$(TRAINING)/bin/python -m pip install --quiet --disable-pip-version-check '$(TORCH)'
	@$(TRAINING)/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[train,test]'
	@touch $@

clean:
	rm -rf $(VENV) $(PINNED) $(TRAINING) build dist daemon/*.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

# The fail-safe helper for the machine that this runs on; needs a C compiler, nothing else.
failsafe: build/gate-release
build/gate-release: deploy/failsafe/gate-release.c
	@mkdir -p build
	$(CC) -std=gnu11 -O2 -Wall -Wextra -Werror -o $@ $<

# A whole machine, simulated, with Debian's kernel and GPIO chips: lines, edges, kill -9. WORD=edges runs some only.
# Root builds its image, once (2 minutes, 320 MB in ~/.cache); what is missing is installed by root, else named.
.PHONY: test-board
test-board: $(VENV)/.installed
	@$(VENV)/bin/python tests/board/run.py $(WORD)

# The dead-man timer and the gate's lines of the overlay, simulated: Icarus and Verilator, which root installs.
.PHONY: test-rtl
test-rtl:
	@tests/rtl/run.sh
