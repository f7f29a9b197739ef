# Every target makes the virtual environment if it is missing, so that a fresh machine needs no other command.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TORCH ?= torch torchvision          # make setup TORCH="torch torchvision --index-url https://download.pytorch.org/whl/cpu"
export OMP_NUM_THREADS ?= 1         # two processes with two threads each are slower than one thread each

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
	$(BIN)/python -m pytest -n 2 --dist loadscope

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: setup
	$(BIN)/python benchmarks/wall.py --json benchmarks/results/wall.json

clean:
	rm -rf demo dist build .pytest_cache .mypy_cache .ruff_cache
