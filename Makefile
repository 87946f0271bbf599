# discstack: everything a developer types. `make demo` and `make test` set up all that they need on a fresh machine.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
FUZZ_SECONDS ?= 300
WORKERS ?= 1
SHARED := --dist loadfile --no-loadscope-reorder
NATIVE := $(wildcard native/src/*.c native/src/*.h native/src/*.py)
# Debian's packages that tests run or read: burners, readers, kernels, boot loaders
TEST_PACKAGES := \
	gcc gcc-multilib libc6-dev gcc-mingw-w64-x86-64-win32 gcc-mingw-w64-i686-win32 wine wine64 file faketime sg3-utils tshark \
	xorriso genisoimage p7zip-full libarchive-tools udftools grub-common dumpet \
	user-mode-linux kmod busybox-static btrfs-progs xfsprogs udev dbus-daemon udisks2 eject \
	libcdio-utils cd-paranoia cdrdao icedax wodim cdrskin growisofs dvd+rw-tools \
	tgt open-iscsi targetcli-fb \
	chromium qemu-system-x86 seabios ovmf grub-pc-bin isolinux syslinux-common mtools gdisk fdisk

.PHONY: help demo test test-sanitized test-windows check types wheel-windows bench bench-commands bench-write bench-lab bench-compare sweep fuzz fuzz-reader fuzz-images clean system

help:  ## show this list
	@sed -n 's/^\([a-z-]*\):.*## /\1 /p' Makefile | while read -r target words; do printf '%-16s%s\n' "$$target" "$$words"; done

demo: $(VENV)/.run  ## burn the project's docs on a virtual DVD+R, read the disc back, show what happened
	@$(BIN)/python examples/demo.py

test: system $(VENV)/.test types  ## install what the tests need and run all of them; WORKERS=2 in two processes
	$(BIN)/python -m pytest $(if $(filter-out 1,$(WORKERS)),--numprocesses $(WORKERS) $(SHARED)) $(PYTEST_FLAGS)

test-sanitized: $(VENV)/.test  ## the tests of the C code with it built for AddressSanitizer and UndefinedBehaviorSanitizer
	CFLAGS="-g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all" \
		$(BIN)/python setup.py -q build --build-base build/sanitized --build-lib build/sanitized/lib
	LD_PRELOAD="$$(cc -print-file-name=libasan.so) $$(cc -print-file-name=libubsan.so)" ASAN_OPTIONS=detect_leaks=0 \
		PYTHONMALLOC=malloc PYTHONPATH=build/sanitized/lib $(BIN)/python -m pytest $(PYTEST_FLAGS) \
		tests/native tests/transport/linux/test_sgio.py tests/transport/test_spti.py -k "not (two_threads or preloaded_library or locked)"

test-windows: system $(VENV)/.test types  ## all tests that are not about Linux under Windows's Python in Wine (many minutes)
	DISCSTACK_WINDOWS=complete $(BIN)/python -m pytest tests/windows --timeout=0 -s $(PYTEST_FLAGS)

check: $(VENV)/.dev types  ## style, types, packaging (wheel, sdist, abi3, clean install)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	PYTHON=$(BIN)/python tests/packaging/check.sh

wheel-windows: $(VENV)/.test  ## the wheel for Windows, cross-built with mingw-w64 into dist
	DISCSTACK_TARGET=win_amd64 $(BIN)/pip wheel -q --no-deps --no-build-isolation --wheel-dir dist .

types:  ## the link farm that lets static checkers see the installed shape
	@mkdir -p .types/discstack
	@find .types/discstack -xtype l -delete
	@for entry in api/*; do ln -sfn ../../$$entry .types/discstack/$${entry#api/}; done
	@for layer in mmc fs transport emulator native; do ln -sfn ../../$$layer .types/discstack/$$layer; done

bench: $(VENV)/.test  ## the benchmarks, saved under .benchmarks
	$(BIN)/python -m pytest benchmarks --benchmark-only --benchmark-autosave --benchmark-group-by=group --timeout=0 $(PYTEST_FLAGS)
	$(BIN)/python benchmarks/peers.py --divide 10

bench-commands: $(VENV)/.test  ## what one command costs by us, pyscsi, sg_raw and a bare loop in C; BENCH_FLAGS="--repeats 9"
	$(BIN)/python benchmarks/commands.py $(BENCH_FLAGS)

bench-write: $(VENV)/.test  ## our burner and others on a drive that counts: cost, underruns, fill; BENCH_FLAGS="fast --repeats 5"
	$(BIN)/python benchmarks/burners.py $(BENCH_FLAGS)

bench-lab: system $(VENV)/.test  ## our burner and others on an attached drive, through the kernel: CPU, commands by kind; BENCH_FLAGS="--size 64"
	$(BIN)/python benchmarks/lab.py $(BENCH_FLAGS)

bench-compare: $(VENV)/.test  ## the last two saved benchmark runs side by side
	$(BIN)/pytest-benchmark compare --group-by=name $$(ls -t .benchmarks/*/*.json | head -2)

sweep: $(VENV)/.test  ## the fault sweep: every job on every medium, every command failing in every way; SWEEP_FLAGS="--seconds 600"
	PYTHONPATH=tests/shared $(BIN)/python -m sweep $(SWEEP_FLAGS)

fuzz: fuzz-reader  ## the reader under atheris for FUZZ_SECONDS, then the property tests with many more examples
	HYPOTHESIS_PROFILE=fuzz $(BIN)/python -m pytest --timeout=0 $(PYTEST_FLAGS)

fuzz-reader: $(VENV)/.test  ## the reader of discs and images under atheris, coverage-guided; what it finds is left in build/fuzz
	$(BIN)/pip install -q --group fuzz
	@mkdir -p build/fuzz/corpus
	$(BIN)/python tests/fuzz/reader.py build/fuzz/corpus tests/fuzz/corpus -max_total_time=$(FUZZ_SECONDS) -timeout=20 \
		-rss_limit_mb=2048 -max_len=40000 -artifact_prefix=build/fuzz/

fuzz-images: system $(VENV)/.test  ## random trees under random options for FUZZ_SECONDS, read by our reader and by other people's
	$(BIN)/python tests/fuzz/images.py $(FUZZ_SECONDS)

clean:  ## remove all that is made
	rm -rf $(VENV) .types .wine build dist demo *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis
	rm -f native/_*.c native/*.so transport/_*.c transport/*.so

system:
	@missing=; for package in $(TEST_PACKAGES); do \
		dpkg-query -W -f='$${db:Status-Status}' $$package 2>/dev/null | grep -qx installed || missing="$$missing $$package"; \
	done; \
	if [ -n "$$missing" ]; then \
		echo "installing packages:$$missing"; \
		apt-get update -q; \
		DEBIAN_FRONTEND=noninteractive apt-get install -qy --no-install-recommends $$missing; \
	fi

$(BIN)/pip:
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || { apt-get update -q; apt-get install -qy --no-install-recommends python3-venv python3-dev gcc; }
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q --upgrade 'pip>=25.1'

$(VENV)/.run: pyproject.toml setup.py $(NATIVE) | $(BIN)/pip
	$(BIN)/pip install -q --editable .
	@touch $@

$(VENV)/.test: $(VENV)/.run
	@$(BIN)/pip install -q 'pip>=25.1'  # older ones, as in a .venv that somebody else made, know no groups
	$(BIN)/pip install -q --group test
	@touch $@

$(VENV)/.dev: $(VENV)/.test
	$(BIN)/pip install -q --group dev
	@touch $@
