# Every target makes the virtual environment if it is missing, so that a fresh machine needs no other command.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TORCH ?= torch torchvision          # make setup TORCH="torch torchvision --index-url https://download.pytorch.org/whl/cpu"
RESULTS := benchmarks/results
export OMP_NUM_THREADS ?= 1         # two processes with two threads each are slower than one thread each
unexport PYTHONDONTWRITEBYTECODE    # the tests start Python hundreds of times: without bytecode each takes a second more

.PHONY: setup demo test lint format bench clean
setup: $(VENV)/.ready

$(VENV)/.ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check --upgrade "pip>=25.1"
	$(BIN)/python -m pip install -q --disable-pip-version-check $(TORCH)
	$(BIN)/python -m pip install -q --disable-pip-version-check -e . --group dev
	touch $@

demo: setup
	$(BIN)/ptassess grade examples --out demo

test: setup
	env -u PTASSESS_IMAGE $(BIN)/python -m pytest -n 2 --dist loadscope --no-loadscope-reorder  # the longest modules have few tests

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: setup
	$(BIN)/python benchmarks/wall.py --json $(RESULTS)/wall.json
	$(BIN)/python benchmarks/honest.py --json $(RESULTS)/honest.json
	for n in 0 2; do for w in compute memory; do \
	  $(BIN)/python benchmarks/aa.py --workload $$w --neighbours $$n --json $(RESULTS)/aa-$$w-$$n.json || exit 1; done; \
	  $(BIN)/python benchmarks/aa.py --races 400 --seconds 0.5 --pair-seconds 0.05 --peers 0 --neighbours $$n \
	    --json $(RESULTS)/coverage-$$n.json || exit 1; done
	$(BIN)/python benchmarks/gate.py --samples $(RESULTS)/aa-*-?.json --json $(RESULTS)/gate.json
	$(BIN)/python benchmarks/power.py --json $(RESULTS)/power.json
	$(BIN)/python benchmarks/bias.py --json $(RESULTS)/bias.json
	$(BIN)/python benchmarks/credit.py --json $(RESULTS)/credit.json
	$(BIN)/python benchmarks/revisions.py --json $(RESULTS)/revisions.json
	$(BIN)/python benchmarks/fuzz.py --frames 100000 --folders 5000 --archives 20000 --json $(RESULTS)/fuzz.json
	$(BIN)/python tests/faults/kills.py --kills 200 --json $(RESULTS)/kills.json
	$(BIN)/python benchmarks/similarity.py --json $(RESULTS)/similarity.json

clean:
	rm -rf demo dist build .pytest_cache .mypy_cache .ruff_cache
