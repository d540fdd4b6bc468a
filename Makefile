# Two commands do everything: `make run` and `make test`. They need python3 with venv, and no root.
PYTHON ?= python3
VENV := .venv
PINNED := .venv-board
SOURCE ?= demo

.PHONY: run test venv lint test-pinned test-pynq test-training failsafe clean

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

# The overlay's driver on the real pynq and our simulated board: the Z1's images have 3.0.1 or 3.1, and 4.0 dropped it.
PYNQS := 3.0.1 3.1.2 4.0.0
PYNQ_TESTS := tests/accelerator tests/classifier tests/service/test_failover_classifier.py tests/service/test_fault_injection.py \
	tests/cli/test_overlay.py
test-pynq: $(PYNQS:%=.venv-pynq-%/.installed)
	@for version in $(PYNQS); do \
		echo "pynq $$version"; .venv-pynq-$$version/bin/python -m pytest $(PYNQ_TESTS) || exit 1; \
	done

# What trains and exports: torch, brevitas, qonnx. TORCH may name another build, e.g. one for a GPU.
TRAINING := .venv-train
TORCH ?= torch==2.13.0
test-training: $(TRAINING)/.installed
	$(TRAINING)/bin/python -m pytest tests/overlays

venv: $(VENV)/.installed

# pynq for the simulated board. It wants numpy < 2 for one line of its buffers, which ours does not use.
PYNQ := pynq==3.1.2 pynqutils==0.1.3 pynqmetadata==0.2.0
PYNQ_NEEDS := 'pycparser<3' cffi ipython jsonschema nest_asyncio 'pydantic>=2' python-magic 'setuptools<=80' tqdm

# What runs the finder on the board; without what it wants for its own examples, another OpenCV among it.
NCNN := $(shell sed -n 's/ --hash.*//; /^ncnn==/p' deploy/ncnn-armhf.txt)

$(VENV)/.installed: setup.cfg pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
		{ echo "make: Python 3.10 or newer is needed; say PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
		{ echo "make: Python's venv is missing: apt install python3-venv" >&2; exit 1; }
	@echo "setting up $(VENV), once"
	@$(PYTHON) -m venv $(VENV)
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --editable .
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps --use-pep517 $(PYNQ) && \
		$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-warn-conflicts $(PYNQ_NEEDS) || \
		echo "make: pynq could not be installed, so there is no simulated-board" >&2
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-deps $(NCNN) || \
		echo "make: ncnn could not be installed, so OpenCV runs the finder" >&2
	@touch $@

$(VENV)/.tested: $(VENV)/.installed
	@$(VENV)/bin/python -m pip install --quiet --disable-pip-version-check --no-warn-conflicts --editable '.[test]'
	@touch $@

$(PINNED)/.installed: setup.cfg pyproject.toml
	@$(PYTHON310) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 10))' 2>/dev/null || \
		{ echo "make: Python 3.10 is needed; say PYTHON310=/path/to/python3.10" >&2; exit 1; }
	@$(PYTHON310) -m venv $(PINNED)
	@$(PINNED)/bin/python -m pip install --quiet --disable-pip-version-check \
		'numpy==1.21.*' 'opencv-python-headless==4.5.4.60' 'pytest>=7' 'hypothesis>=6' --editable .
	@touch $@

.venv-pynq-%/.installed: setup.cfg pyproject.toml
	@$(PYTHON310) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 10))' 2>/dev/null || \
		{ echo "make: Python 3.10 is needed; say PYTHON310=/path/to/python3.10" >&2; exit 1; }
	@$(PYTHON310) -m venv $(@D)
	@$(@D)/bin/python -m pip install --quiet --disable-pip-version-check --use-pep517 'pynq==$*' 'pycparser<3' \
		'numpy==1.21.*' 'opencv-python-headless==4.5.4.60' 'pytest>=7' 'hypothesis>=6' --editable .
	@$(@D)/bin/python -W ignore -c 'import pynq'
	@touch $@

$(TRAINING)/.installed: setup.cfg pyproject.toml
	@$(PYTHON) -m venv $(TRAINING)
	@$(TRAINING)/bin/python -m pip install --quiet --disable-pip-version-check '$(TORCH)'
	@$(TRAINING)/bin/python -m pip install --quiet --disable-pip-version-check --editable '.[train,test]'
	@touch $@

clean:
	rm -rf $(VENV) $(PINNED) $(TRAINING) $(FUZZ) .venv-pynq-* build dist daemon/*.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis

# The fail-safe helper for the machine that this runs on; needs a C compiler, nothing else.
failsafe: build/gate-release
build/gate-release: deploy/failsafe/gate-release.c
	@mkdir -p build
	$(CC) -std=gnu11 -O2 -Wall -Wextra -Werror -o $@ $<

# A whole machine, simulated, with Debian's kernel and GPIO chips: lines, edges, kill -9. WORD=edges runs some only.
# Root builds its image, once (2 minutes, 320 MB in ~/.cache); what is missing is installed by root, else named.
.PHONY: test-board
test-board: $(VENV)/.installed
	@$(VENV)/bin/python -m tests.system.board.run $(WORD)

# The dead-man timer and the gate's lines of the overlay, simulated: Icarus and Verilator, which root installs.
.PHONY: test-rtl
test-rtl:
	@tests/system/rtl/run.sh

# The wheel and the Debian packages of the commit, into dist/: the same commit gives the same bytes.
.PHONY: package
package: $(VENV)/.installed
	@PYTHON=$(CURDIR)/$(VENV)/bin/python deploy/package dist $(ARCH)

# The units in a real systemd: boot, watchdog, reload, restart, degraded state, journal. WORD=reload runs some checks only.
# Root only; it builds a Debian tree, once (300 MB in ~/.cache).
.PHONY: test-systemd
test-systemd: $(VENV)/.installed
	@$(VENV)/bin/python -m tests.system.systemd.run $(WORD)

# What a USB stick needs to install a board without a network. STATUS: the board's /var/lib/dpkg/status.
.PHONY: stick
stick:
	@deploy/stick $(if $(STATUS),--status $(STATUS)) dist/stick

# Install, upgrade, roll back, remove: the commit's package in a Debian tree with systemd. Root, as CI is.
.PHONY: test-package
test-package: $(VENV)/.installed
	@$(VENV)/bin/python -m tests.system.package.run

# Every fault injected into a daemon that runs, and judged: 10 minutes. WORD picks rows; brief: what CI does, 3 minutes.
# WRITE=1 writes docs/faults.md. A C compiler, and root for a file system that is full.
.PHONY: test-faults
test-faults: $(VENV)/.tested
	@$(VENV)/bin/python -m tests.system.faults.run $(WORD) $(if $(WRITE),--write)

# Longer than the tests do. Guided by coverage (atheris) in an environment of its own, where its Python has a wheel.
MINUTES ?= 10
FUZZ := .venv-fuzz
.PHONY: fuzz
fuzz: $(FUZZ)/.installed
	@$(FUZZ)/bin/python -m tests.system.fuzz.run --minutes $(MINUTES)

$(FUZZ)/.installed: setup.cfg
	@$(PYTHON) -m venv $(FUZZ)
	@$(FUZZ)/bin/python -m pip install --quiet --disable-pip-version-check --editable .
	@$(FUZZ)/bin/python -m pip install --quiet --disable-pip-version-check atheris || \
		echo "make: there is no atheris for this Python, so the inputs come by chance" >&2
	@touch $@

# What the units score by `systemd-analyze security`, with every exception; fails above 0.5, and 1.3 for what needs root.
.PHONY: test-sandbox
test-sandbox: $(VENV)/.installed
	@$(VENV)/bin/python -m tests.system.sandbox.run

# What the daemon does with what it sees, under strace, and a canary looked for: build/privacy-report.md. Root, strace.
FRAMES ?= 1000
.PHONY: privacy-report
privacy-report: $(VENV)/.installed
	@$(VENV)/bin/python -m tests.system.privacy.report --frames $(FRAMES)

# A whole machine from power-on, twice: the package, Debian's kernel and systemd, a camera (vivid) that sees drawn people, a
# relay's line. Root; its image is built once (3 minutes, 420 MB in ~/.cache). Three minutes.
.PHONY: test-boot
test-boot: $(VENV)/.installed
	@$(VENV)/bin/python -m tests.system.boot.run

# The board's package and the daemon's tests on Debian's armhf under qemu-user. Root; the tree is built once, in
# ~/.cache. WORD=frames runs the tests of one room only. 20 minutes.
.PHONY: test-armhf
test-armhf: $(VENV)/.installed
	@$(VENV)/bin/python -m tests.system.armhf.run $(WORD)

# Instructions of a found frame on the board's kind of processor, counted by qemu. Root; the same tree.
.PHONY: armhf-cost
armhf-cost: $(VENV)/.installed
	@$(VENV)/bin/python -m tests.system.armhf.cost

# A million frames at many times real speed, with faults at random: counts, memory, descriptors, threads, latency.
FRAMES ?= 1000000
.PHONY: soak
soak: $(VENV)/.installed
	@OPENBLAS_NUM_THREADS=1 $(VENV)/bin/python -m tests.system.endurance.soak --frames $(FRAMES)
