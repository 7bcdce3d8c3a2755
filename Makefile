# make lab   open the course        make test  check everything (minutes)
# make build run the lessons again  make full  also in a browser   make clean
# make bench  measure against peers and the limits of the machine, and write BENCHMARKS.md
# make handouts  every edition, for print, class and Colab, into dist/
# make wheelhouse OUT=DIR      all packages of `make lab` for machines without a network
# make lab WHEELHOUSE=DIR      installs from such a folder
# make lab TORCH=default       with the build of torch that pip takes, not the CPU build
# Only Python >= 3.11, git and make are needed; the rest goes into .venv.

PYTHON ?= python3
LAB_ARGS ?=
HANDOUTS_ARGS ?=
WHEELHOUSE ?=
OUT ?= wheelhouse
VENV := .venv
PY := $(VENV)/bin/python
PYTEST := $(PY) -m pytest

.PHONY: lab test lint types check unit mutants nbval full bench bench-check build handouts wheelhouse clean
.DELETE_ON_ERROR:
export TORCH

lab: ready-lab
	@$(PY) -m posenc.course lab $(LAB_ARGS)

# One step after the other, whatever -j says: each takes both cores.
test: ready-test
	@$(MAKE) --no-print-directory -j1 lint types check unit mutants nbval

lint: ready-test
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(VENV)/bin/lint-imports --no-logo --no-cache
	$(PY) -m codespell_lib README.md CHANGELOG.md CONTRIBUTING.md TEACHING.md posenc notebooks/src notebooks/GLOSSARY.md notebooks/QUESTIONS.md

types: ready-test
	$(PY) -m mypy

check: ready-test
	$(PY) -m posenc.course check

unit: ready-test
	$(PYTEST) -q -n 2 -m "not full" --ignore=tests/mutants \
	  --doctest-modules --doctest-glob=README.md README.md posenc tests

mutants: ready-test
	$(if $(wildcard tests/mutants/test_*.py),$(PYTEST) -q -n 2 -m "not full" tests/mutants)

nbval: ready-test
	$(PYTEST) -q -n 2 --dist loadfile --nbval --nbval-current-env \
	  --nbval-cell-timeout=300 notebooks

full: ready-full test
	$(PYTEST) -q -n 2 --dist loadfile -m full --durations=20 tests --ignore=tests/mutants
	$(PYTEST) -q -n 2 -m full tests/mutants

# Alone: a race is one process, and other work on the machine widens the spreads.
bench: ready-test
	mkdir -p build
	$(PYTEST) -q -p no:xdist --benchmark-only --benchmark-columns=median \
	  --benchmark-json=build/bench.json tests/benchmarks
	$(PY) tests/benchmarks/report.py build/bench.json BENCHMARKS.md

# Ours beside a peer in the same run; red at 1.5 times the ratio that BENCHMARKS.md has.
bench-check: ready-test
	$(PYTEST) -q -p no:xdist --benchmark-skip tests/benchmarks/test_against_the_record.py

build: ready-test
	$(PY) -m posenc.course build

handouts: ready-handouts
	@$(PY) -m posenc.course editions $(HANDOUTS_ARGS)

clean:
	rm -rf .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist *.egg-info
	find posenc tests notebooks -name __pycache__ -prune -exec rm -rf {} +

wheelhouse: ready-lab
	@$(PY) -m posenc.course wheelhouse --out '$(OUT)'

# It does nothing where the stamp in .venv fits the lists; .venv's own Python is enough then.
ready-%:
	@python=$(PY); $$python -c '' 2>/dev/null || python='$(PYTHON)'; \
	"$$python" -c '' 2>/dev/null || { echo "There is no '$$python' here." \
	  "Install Python 3.11 or later, or name yours: make lab PYTHON=/path/to/python3.12" >&2; \
	  exit 1; }; \
	POSENC_AGAIN="make $(or $(MAKECMDGOALS),lab)" "$$python" tools/setup.py $* --if-needed \
	  --venv $(VENV) $(if $(WHEELHOUSE),--wheelhouse '$(WHEELHOUSE)')
