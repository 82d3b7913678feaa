# Needs Python 3.11 or newer and make. Everything else is installed into .venv, checked by hash.

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin

export PYTHONPATH := functions:.
# Each process would compile hypothesis, moto and every test anew, which takes as long as the tests.
unexport PYTHONDONTWRITEBYTECODE
export SAM_CLI_TELEMETRY := 0
# For networks with their own CA: uv trusts the CAs that the machine trusts.
export UV_SYSTEM_CERTS := 1

.DEFAULT_GOAL := help
.PHONY: help demo test test-fast coverage faults conformance bench check package report-page build build-lambda golden simulation scale lives lives-bugs lives-scope proof mutants lock clean

help: ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/ready ## the function's story in eight chapters; EVENT=file, RECORDING=name: one event
	@$(BIN)/python -m tests.lab.demo --event "$(EVENT)" --recording "$(RECORDING)"

test: $(VENV)/ready ## all tests
	$(BIN)/python -m pytest

test-fast: $(VENV)/ready ## while one edits: no builds, no processes, no floods, no properties
	$(BIN)/python -m pytest -m "not slow"

coverage: $(VENV)/ready ## all tests, and which lines and branches of functions/ they run: 99 % at least
	@mkdir -p .build/coverage
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest
	@$(BIN)/coverage combine --quiet
	$(BIN)/coverage report --fail-under=99

faults: $(VENV)/ready ## the whole fault matrix, about two minutes; writes docs/faults.md
	@$(BIN)/python -m tests.lab.faults

conformance: $(VENV)/ready ## judges that were not written here, and fuzzing; writes docs/conformance.md
	@$(BIN)/python -m tests.lab.conformance

bench: $(VENV)/ready ## the function against floors, minutes; writes docs/benchmarks.md, fails at a missed bound
	@$(BIN)/python -m tests.lab.bench

check: $(VENV)/ready ## format, lint, types, layers, template, the shape of the tree
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/sam validate --lint
	$(BIN)/python -m pytest tests/template
	$(BIN)/python -m pytest tests/test_tree.py

package: $(VENV)/ready ## wheel and sdist, installed with pipx and uv, used and weighed; about a minute
	@$(BIN)/python -m pytest -n 0 tests/lab/package.py

report-page: $(VENV)/ready ## the page of `report` in headless Chromium; pictures go to .build/report-page
	@$(BIN)/python -m pytest -n 0 -rs tests/lab/report_page/browser.py

build: $(VENV)/ready ## .build/host: the artifact for this machine
	rm -rf .build/host
	$(BIN)/python functions/build_artifact.py host .build/host

build-lambda: $(VENV)/ready ## .build/lambda: the artifact for python3.13 on arm64, as sam build makes it
	rm -rf .build/lambda
	$(BIN)/python functions/build_artifact.py lambda .build/lambda

golden: $(VENV)/ready ## rewrites the golden notices; read the diff
	$(BIN)/python -m tests.support.notices.rewrite_golden

simulation: $(VENV)/ready ## a sweep over 10,000 images on a simulated clock; writes docs/simulation.md
	$(BIN)/python -m tests.lab.simulation

scale: $(VENV)/ready ## sweeps of very many images of 1,000 teams, minutes each; IMAGES="10000 100000"; writes docs/scale-simulated.md
	$(BIN)/python -m tests.lab.simulation.scale $(or $(IMAGES),10000)

mutants: $(VENV)/ready .build/mutants/venv/ready ## what the tests of a folder would miss, minutes; MODULE=rescan.gate.verdict: one module
	@$(BIN)/python -m tests.lab.mutants $(MODULE)

.build/mutants/venv/ready: tests/lab/mutants/requirements.lock
	$(BIN)/uv venv --quiet --clear --python $(BIN)/python .build/mutants/venv
	$(BIN)/uv pip sync --quiet --require-hashes --python .build/mutants/venv/bin/python $<
	touch $@

lives: $(VENV)/ready ## whole lives of the function under a seed, judged from outside; SEED=, LIVES=, SECONDS=, JOBS=
	@$(BIN)/python -m tests.lab.lives $(if $(SEED),--seed $(SEED)) $(if $(LIVES),--lives $(LIVES)) \
		$(if $(SECONDS),--seconds $(SECONDS)) $(if $(JOBS),--jobs $(JOBS))

lives-bugs: $(VENV)/ready ## after how many lives each planted bug is found; BUGS=, JOBS=
	@$(BIN)/python -m tests.lab.lives.planted $(if $(BUGS),--bugs $(BUGS)) $(if $(JOBS),--jobs $(JOBS))

lives-scope: $(VENV)/ready ## two runs and a publisher, in every order with every fault; JOBS=, EVERY=
	@$(BIN)/python -m tests.lab.lives.scope $(if $(EVERY),--every $(EVERY)) $(if $(JOBS),--jobs $(JOBS))

proof: $(VENV)/ready ## 100,000 lives, the small scope and all planted bugs; writes docs/proof.md; SEED=, LIVES=, JOBS=; EVERY=, STARTS=: less of it
	@$(BIN)/python -m tests.lab.lives.proof $(if $(SEED),--seed $(SEED)) $(if $(LIVES),--lives $(LIVES)) \
		$(if $(JOBS),--jobs $(JOBS)) $(if $(EVERY),--every $(EVERY)) $(if $(STARTS),--starts $(STARTS))

# The locks name no index: the machine's own settings say where packages come from.
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-annotate --no-header pyproject.toml

lock: $(VENV)/ready ## the lock files from pyproject.toml; LOCK=--upgrade for the newest versions
	$(COMPILE) $(LOCK) --group dev --extra replay --output-file requirements.lock
	$(COMPILE) --constraint requirements.lock --output-file functions/requirements.txt
	$(COMPILE) $(LOCK) --constraint functions/requirements.txt --group mutants --extra replay \
		--output-file tests/lab/mutants/requirements.lock

clean: ## removes everything that make has created
	rm -rf .venv .build .aws-sam .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis

$(VENV)/ready: requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else \
		"$(PYTHON) is Python %d.%d. Expected 3.11 or newer. Example: make test PYTHON=python3.13" \
		% sys.version_info[:2])'
	$(PYTHON) -m venv --clear $(VENV)
	awk '/^[a-z]/ { wanted = /^uv==/ } wanted' requirements.lock > $(VENV)/uv.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --requirement $(VENV)/uv.txt
	$(BIN)/uv pip sync --quiet --require-hashes --python $(BIN)/python requirements.lock
	touch $@
