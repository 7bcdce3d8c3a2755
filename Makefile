# make lab   open the course        make test  check everything (minutes)
# make build run the lessons again  make full  also in a browser   make clean
# make handouts  every edition, for print, class and Colab, into dist/
# Only Python >= 3.11, git and make are needed; the rest goes into .venv.

PYTHON ?= python3
LAB_ARGS ?=
VENV := .venv
PY := $(VENV)/bin/python
PYTEST := $(PY) -m pytest

.PHONY: lab test lint types check unit mutants nbval full build handouts clean
.DELETE_ON_ERROR:
.PRECIOUS: $(VENV)/.ready-%

lab: $(VENV)/.ready-lab
	@$(PY) -m posenc.course lab $(LAB_ARGS)

# One step after the other, whatever -j says: each takes both cores.
test: $(VENV)/.ready-test
	@$(MAKE) --no-print-directory -j1 lint types check unit mutants nbval

lint: $(VENV)/.ready-test
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m codespell_lib README.md CHANGELOG.md CONTRIBUTING.md TEACHING.md posenc notebooks/src

types: $(VENV)/.ready-test
	$(PY) -m mypy

check: $(VENV)/.ready-test
	$(PY) -m posenc.course check

unit: $(VENV)/.ready-test
	$(PYTEST) -q -n 2 -m "not full" --ignore=tests/mutants \
	  --doctest-modules --doctest-glob=README.md README.md posenc tests

mutants: $(VENV)/.ready-test
	$(if $(wildcard tests/mutants/test_*.py),$(PYTEST) -q -n 2 tests/mutants)

nbval: $(VENV)/.ready-test
	$(PYTEST) -q -n 2 --dist loadfile --nbval --nbval-current-env \
	  --nbval-cell-timeout=120 notebooks

full: $(VENV)/.ready-full test
	$(PYTEST) -q -m full tests

build: $(VENV)/.ready-test
	$(PY) -m posenc.course build

handouts: $(VENV)/.ready-handouts
	@$(PY) -m posenc.course editions

clean:
	rm -rf .mypy_cache .pytest_cache .ruff_cache .hypothesis build dist *.egg-info
	find posenc tests notebooks -name __pycache__ -prune -exec rm -rf {} +

# The stamp is written last: an interrupted installation is begun again, and
# one that is older than its lists is completed. A .venv that is already there
# (say, with the CPU build of torch) is kept.
$(VENV)/.ready-%: pyproject.toml constraints.txt
	@PYTHON='$(PYTHON)' sh tools/venv.sh $(VENV)
	$(PY) -m pip install --disable-pip-version-check -c constraints.txt -e '.[$*]'
	@touch $@
