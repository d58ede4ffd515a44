# The commands of Foyer. They need git, make and Python 3.11 or newer, on Linux, macOS or WSL; the rest installs itself.
# Written for GNU make 3.81, which macOS has.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.installed
SCHEDULES := 1000
SEED := 1
STORE := sqlite
REQUIREMENTS := requirements.txt requirements-dev.txt
CODE := $(wildcard app.py bot sandbox chat checks manifest tests bench)
LOCK := $(BIN)/uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --no-header --python-version 3.11

.PHONY: help run test soak crashes mutants check bench figures lock clean

help:
	@echo "make run    Foyer on a sandbox tenant, with two chat windows in your browser (Ctrl-C stops it; ARGS=--help: options)"
	@echo "make test   all tests"
	@echo "make soak   random schedules of people, faults and crashes (SCHEDULES=1000 SEED=1 STORE=sqlite; REPLAY=seed for one)"
	@echo "make mutants  bugs seeded into copies of the product, each of which must be caught (ARGS=\"--only no-poll\": one)"
	@echo "make crashes  the bot dies at every point that changes something outside (ARGS=\"--sample 40\": forty of them, in a minute; ARGS=\"--pairs 500\": at two, too)"
	@echo "make check  style, types, who may import whom, and the rules of this repository"
	@echo "make bench  measurements beside their limits and peers"
	@echo "make figures  kills, power cuts and races in full size, into docs/reliability.md (ARGS=\"--only race\": one)"
	@echo "make lock   writes the pinned requirements anew (newest versions: make lock ARGS=--upgrade)"
	@echo "make clean  removes what was installed and what was written (.venv, chat/node_modules, .data)"

run: $(READY)
	@$(BIN)/python -m chat $(ARGS)

test: $(READY)
	@$(BIN)/python -m pytest $(ARGS)

soak: $(READY)
	@$(BIN)/python -m tests.rig --store $(STORE) $(if $(REPLAY),--replay $(REPLAY),--schedules $(SCHEDULES) --seed $(SEED)) $(ARGS)

mutants: $(READY)
	@$(BIN)/python -m tests.mutants $(ARGS)

crashes: $(READY)
	@$(BIN)/python -m tests.rig crashes $(ARGS)

check: $(READY)
	@$(BIN)/python -m checks $(CODE)

bench: $(READY)
	@$(BIN)/python -m bench $(ARGS)

figures: $(READY)
	@$(BIN)/python -m tests.proofs figures $(ARGS)

lock: $(READY)
	@echo "Writing requirements.txt and requirements-dev.txt ..."
	@$(LOCK) $(ARGS) requirements.in --output-file requirements.txt
	@$(LOCK) $(ARGS) requirements-dev.in --output-file requirements-dev.txt
	@$(BIN)/python -m checks.locks

clean:
	rm -rf $(VENV) chat/node_modules manifest/build .data .mypy_cache .ruff_cache .import_linter_cache .hypothesis

$(READY): $(REQUIREMENTS) checks/environment.py
	@command -v $(PYTHON) >/dev/null 2>&1 || { \
	  echo "Foyer needs Python 3.11 or newer, and $(PYTHON) was not found: install it, or name it: make PYTHON=/path/to/python3.12" >&2; \
	  exit 1; }
	@$(PYTHON) checks/environment.py $(VENV) $(REQUIREMENTS)
