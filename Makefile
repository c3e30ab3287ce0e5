PYTHON ?= python3
BIN := .venv/bin
UV := $(BIN)/uv
SOLC := $(or $(SOLCX_BINARY_PATH),$(HOME)/.solcx)/solc-v$(shell sed -n 's/^  version: //p' ape-config.yaml)
# Folders too, so that a removed contract counts as a change.
CONTRACTS := $(shell find contracts -name .cache -prune -o -print)
SOURCES := $(filter %.sol,$(CONTRACTS))
PROOFS := $(wildcard tests/symbolic/*.sol tests/forge/*.sol)
FUZZ = FOUNDRY_CONFIG=tests/forge/foundry.toml FOUNDRY_SOLC=$(SOLC) $(BIN)/forge test

.DELETE_ON_ERROR:
ASSURANCE := $(BIN)/python scripts/_assurance
# Which part of how many: two that run at once are 1/2 and 2/2.
SHARD ?= 1/1
# How often a park is harmed in every way.
RUNS ?= 10

.PHONY: help environment setup demo test fuzz deep chaos probes cover mutants prove bench lint lock format clean

help:
	@echo "make setup    install everything into .venv and node_modules, compile the contracts"
	@echo "make demo     a day of a park in minutes, from meters to bills; every figure is checked"
	@echo "make test     the test suite"
	@echo "make fuzz     libraries and contracts that hold money under random arguments and actions, briefly"
	@echo "make deep     what is drawn at random, many times as long; fuzz, chaos, and the next three"
	@echo "make chaos    a park whose processes are killed, its disk full, its clocks off, its blocks taken back: RUNS times"
	@echo "make cover    which lines and branches the tests run, into docs/assurance"
	@echo "make mutants  which mistakes in the contracts that hold money no test finds, into docs/assurance"
	@echo "make prove    what is proven of the small libraries, into docs/assurance"
	@echo "make bench    gas, sizes, speed beside other systems, and how they grow, into docs; takes twenty minutes"
	@echo "make lint     every static check"
	@echo "make format   put all sources in their canonical form"
	@echo "make lock     resolve the Python packages anew into requirements*.lock"
	@echo "make clean    remove all that these commands made"

demo: setup
	$(BIN)/wattbook demo

test: setup
	$(BIN)/ape test --numprocesses auto --dist loadfile --no-loadscope-reorder

fuzz: setup
	$(FUZZ)

deep: setup
	DEEP=1 $(BIN)/ape test --numprocesses auto --dist loadfile --no-loadscope-reorder --hypothesis-profile deep \
	    tests/market tests/trial \
	    tests/invariants tests/readings tests/packages_chain tests/pools_chain tests/delegates_chain tests/watch_chain \
	    tests/deployment tests/bridge/sender tests/bridge/recovery tests/scenario/test_ready.py \
	    tests/park tests/chaos tests/assurance
	FOUNDRY_FUZZ_RUNS=5000 FOUNDRY_INVARIANT_RUNS=100 FOUNDRY_INVARIANT_DEPTH=100 $(FUZZ)
	$(MAKE) prove cover mutants

chaos: setup
	$(BIN)/python -m tests.chaos --runs $(RUNS)

probes: setup
	$(ASSURANCE) covering compile

cover: probes
	$(ASSURANCE) covering run --shard $(SHARD)
	$(ASSURANCE) covering report

mutants: setup
	$(ASSURANCE) mutants run --shard $(SHARD)
	$(ASSURANCE) mutants report

prove: setup .build/halmos/.packages
	$(ASSURANCE) proving

.build/halmos/.packages: requirements-halmos.lock .venv/.uv
	$(UV) venv -q --clear --python $(BIN)/python .build/halmos
	$(UV) pip sync -q --python .build/halmos/bin/python --require-hashes requirements-halmos.lock
	@touch $@

bench: setup
	$(BIN)/wattbook bench --orders 10 --orders 100 --orders 1000 --orders 10000 --seconds 60 --days 30 \
	    --api-seconds 25 --api-orders 100000 --slots 10 --slots 100 --slots 1000 --slots 2880 --month --docs docs

lint: setup
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/forge fmt --check $(SOURCES) $(PROOFS)
	node_modules/.bin/solhint --noPoster --max-warnings 0 $(SOURCES)
	$(BIN)/python scripts/_toolchain/artifacts.py --check
	$(BIN)/python scripts/_toolchain/clients.py --check
	$(BIN)/python scripts/_toolchain/contract_sizes.py
	$(BIN)/python scripts/_toolchain/house_rules.py
	$(BIN)/python scripts/_toolchain/slither_findings.py

format: environment
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	$(BIN)/forge fmt $(SOURCES) $(PROOFS)

lock: .venv/.uv
	$(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --no-header --no-annotate --extra dev --extra lint pyproject.toml -o requirements.lock
	$(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --no-header --no-annotate --group installer -o requirements-uv.lock
	$(UV) pip compile -q --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --no-header --no-annotate --group symbolic -o requirements-halmos.lock

clean:
	rm -rf .venv node_modules .build contracts/.cache .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info

# A stamp lies in what it vouches for, so that both go together.
environment: .venv/.project .venv/.foundry .build/compiler
setup: environment .build/compiled

.venv/.uv: requirements-uv.lock
	@scripts/_toolchain/prerequisites.sh $(PYTHON)
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r requirements-uv.lock
	@touch $@

# Compiled here and once: where Python is told to write no bytecode, each process would compile all that it imports.
.venv/.packages: .venv/.uv requirements.lock scripts/_toolchain/venv_path.pth
	$(UV) pip sync -q --python $(BIN)/python --compile-bytecode --require-hashes requirements.lock
	cp scripts/_toolchain/venv_path.pth .venv/lib/python3.*/site-packages/
	@touch $@

.venv/.project: .venv/.packages pyproject.toml
	$(UV) pip install -q --python $(BIN)/python --offline --no-deps --no-build-isolation --editable .
	@touch $@

# ape copies OpenZeppelin below contracts/ and looks at 500 files there: leave room for ours.
node_modules/.packages: package.json package-lock.json .npmrc
	@scripts/_toolchain/prerequisites.sh $(PYTHON)
	npm ci --loglevel=error --no-audit --no-fund
	rm -rf node_modules/@openzeppelin/contracts/build
	@touch $@

# The binaries and not npm's wrappers around them, which lose the exit status, and the chain when killed.
.venv/.foundry: .venv/.packages node_modules/.packages
	cd $(BIN) && ln -sf ../../node_modules/@foundry-rs/*-*/bin/* .
	@touch $@

ifeq ($(wildcard $(SOLC)),)
.PHONY: .build/compiler
endif
.build/compiler: .venv/.packages node_modules/.packages ape-config.yaml scripts/_toolchain/install_compiler.py
	$(BIN)/python scripts/_toolchain/install_compiler.py
	@mkdir -p .build && touch $@

.build/compiled: .build/compiler $(CONTRACTS) scripts/_toolchain/solidity.py scripts/_toolchain/artifacts.py \
    scripts/_toolchain/clients.py
	$(BIN)/python scripts/_toolchain/artifacts.py
	$(BIN)/python scripts/_toolchain/clients.py
	$(BIN)/python -m compileall -q wattbook frontend_api
	@touch $@
