# Everything a person or CI does here. Needs Python 3.11 or newer with venv and pip, git and make.
#
#   make demo      set everything up and run the main job on real data   (ARGS=--no-serve ends by itself)
#   make test      set everything up and pass all tests                  (ARGS="tests/unit/store -k filter")
#
# Set-up runs once; it runs again when a lock or pyproject.toml changes.

.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:

PYTHON ?= $(shell command -v python3.11 || command -v python3)
ARGS ?=

VENV := .venv
BIN := $(VENV)/bin
UV := .venv-uv/bin/uv

# The machine's own Python and the machine's own certificates, whoever runs this.
export UV_PYTHON_DOWNLOADS := never
export UV_SYSTEM_CERTS := true
unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV UV_PROJECT_ENVIRONMENT

COMPILE := $(UV) pip compile --quiet --universal --generate-hashes --python-version 3.11 --custom-compile-command "make lock"

.PHONY: help
help: ## say what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "%-13s%s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# ---------------------------------------------------------------- set-up, once

.venv-uv/ready: requirements/uv.txt
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "Lineal needs Python 3.11 or newer; name one: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	rm -rf .venv-uv
	"$(PYTHON)" -m venv .venv-uv
	.venv-uv/bin/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	@touch $@

# --seed: PyTorch is installed by pip, if at all. Bytecode is compiled once, here, not in each process.
$(VENV)/ready: .venv-uv/ready requirements/dev.txt pyproject.toml
	@test -x $(BIN)/python || $(UV) venv --quiet --seed --python "$(PYTHON)" $(VENV)
	$(UV) pip sync --quiet --require-hashes --compile-bytecode --python $(BIN)/python requirements/dev.txt
	$(UV) pip install --quiet --no-deps --no-build-isolation --python $(BIN)/python --editable .
	@touch $@

.PHONY: setup
setup: $(VENV)/ready ## make .venv from the hashed locks
	@:

# Its wheels are for Linux on x86-64 and Python 3.9 to 3.11, and its protobuf is too old for ours: hence its own place.
.venv-mlmd/ready: .venv-uv/ready requirements/mlmd.txt
	@"$(PYTHON)" -c 'import sys; sys.exit(not (3, 9) <= sys.version_info < (3, 12))' \
	  || { echo "ml-metadata needs Python 3.9 to 3.11; name one: make peer PYTHON=/path/to/python3.11" >&2; exit 1; }
	rm -rf .venv-mlmd
	$(UV) venv --quiet --python "$(PYTHON)" .venv-mlmd
	$(UV) pip sync --quiet --require-hashes --compile-bytecode --python .venv-mlmd/bin/python requirements/mlmd.txt
	@touch $@

# They build on PyTorch, which pip has brought (see the README): the lock leaves it out, and so nothing here brings it.
.PHONY: frameworks
frameworks: setup ## add Lightning, Transformers and Keras to .venv, beside a PyTorch that is there
	@$(BIN)/python -c 'import torch' 2>/dev/null \
	  || { echo "first PyTorch, of the build you want: $(BIN)/python -m pip install torch" >&2; exit 1; }
	$(UV) pip install --quiet --no-deps --require-hashes --compile-bytecode --python $(BIN)/python -r requirements/frameworks.txt

.venv-mlflow/ready: .venv-uv/ready requirements/mlflow.txt
	rm -rf .venv-mlflow
	$(UV) venv --quiet --python "$(PYTHON)" .venv-mlflow
	$(UV) pip sync --quiet --require-hashes --compile-bytecode --python .venv-mlflow/bin/python requirements/mlflow.txt
	@touch $@

.PHONY: mlflow
mlflow: .venv-mlflow/ready ## make .venv-mlflow: MLflow, to measure a run beside
	@:

.PHONY: peer
peer: .venv-mlmd/ready ## make .venv-mlmd: the real ML Metadata, to compare with
	@:

# ---------------------------------------------------------------- what it does

.PHONY: demo
demo: setup ## run the main job on real data
	$(BIN)/lineal demo $(ARGS)

.PHONY: bench
bench: setup mlflow ## print speed ratios, write benchmarks/results/*.json
	$(BIN)/python -m benchmarks $(ARGS)

.PHONY: bench-mlmd
bench-mlmd: setup peer ## the same beside the real ML Metadata, into results/mlmd.json
	$(BIN)/python -m benchmarks.mlmd $(ARGS)

# ---------------------------------------------------------------- is it right?

.PHONY: check
check: lint test docs ## lint, test, docs

# The tests of a file share a worker, and files are taken in their order: by themselves the few long ones would come last,
# and one worker would wait for the other.
WORKERS := --numprocesses auto --dist loadfile --no-loadscope-reorder

.PHONY: test
test: setup ## run all tests
	$(BIN)/python -m pytest $(WORKERS) $(ARGS)

# As in CI a skip is a failure here; its reason says how to install what is missing.
.PHONY: backends
backends: setup ## run the contract suite on every database, and say how to install a missing one
	CI=true $(BIN)/python -m pytest $(WORKERS) tests/unit/servers tests/databases tests/contract $(ARGS)

# The lock has protobuf 7. Its older releases come first on the path, and the message classes are made of those. The
# server is left out: its health and reflection packages are made for a newer protobuf.
PROTOBUFS := protobuf4 protobuf5 protobuf6

.PHONY: protobufs
protobufs: setup ## pass the tests of ML Metadata's interface on every protobuf from 4.25
	for of in $(PROTOBUFS); do \
	  $(UV) pip install --quiet --no-deps --require-hashes --python $(BIN)/python --target build/$$of -r requirements/$$of.txt; \
	  PYTHONPATH=build/$$of $(BIN)/python -c 'import google.protobuf as p; print("protobuf", p.__version__)' | grep "$${of#protobuf}\."; \
	  PYTHONPATH=build/$$of $(BIN)/python -m pytest --quiet $(WORKERS) \
	    tests/unit/compat/mlmd/test_*.py tests/conformance -k 'not (gRPC or real_client or MariaDB or PostgreSQL)'; \
	done

.PHONY: reliability
reliability: setup ## run the fault tests at their full size
	$(BIN)/python -m pytest -m reliability --campaign $(ARGS)

.PHONY: lint
lint: setup ## format check, ruff, mypy, import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

.PHONY: format
format: setup ## put the code into its form
	$(BIN)/ruff check --fix --exit-zero --quiet .
	$(BIN)/ruff format .

.PHONY: docs
docs: setup ## build the pages into docs/_build/html; a warning is an error
	$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going --nitpicky -b html docs docs/_build/html

# A clean environment with the core packages only: an undeclared import ends here.
.PHONY: wheel
wheel: setup ## build the wheel and try it without any extra
	rm -rf build/wheel dist
	$(UV) build --quiet --wheel --no-build-isolation --python $(BIN)/python --out-dir dist
	$(UV) venv --quiet --python "$(PYTHON)" build/wheel
	$(UV) pip sync --quiet --require-hashes --python build/wheel/bin/python requirements/core.txt
	$(UV) pip install --quiet --no-deps --python build/wheel/bin/python dist/*.whl
	build/wheel/bin/lineal --help

# ---------------------------------------------------------------- what is generated

.PHONY: lock
lock: .venv-uv/ready ## compile requirements/*.txt anew (ARGS=--upgrade for newer releases)
	$(COMPILE) $(ARGS) requirements/uv.in --output-file requirements/uv.txt
	$(COMPILE) $(ARGS) --extra all pyproject.toml requirements/dev.in --output-file requirements/dev.txt
	$(COMPILE) $(ARGS) --constraint requirements/dev.txt pyproject.toml --output-file requirements/core.txt
	$(COMPILE) $(ARGS) requirements/mlmd.in --output-file requirements/mlmd.txt
	$(COMPILE) $(ARGS) requirements/mlflow.in --output-file requirements/mlflow.txt
	$(COMPILE) $(ARGS) --constraint requirements/dev.txt --override requirements/without_torch.in requirements/frameworks.in \
	  --output-file requirements/frameworks.txt
	for of in $(PROTOBUFS); do $(COMPILE) $(ARGS) requirements/$$of.in --output-file requirements/$$of.txt; done

.PHONY: schema
schema: setup ## write the schema's snapshot beside the migrations
	$(BIN)/python -m lineal.store.migrations.snapshot

PROTO := src/lineal/compat/mlmd/proto
SIMPLE := src/lineal/compat/mlmd/simple_types/proto
PROTO_FILES := $(addprefix ml_metadata/,proto/metadata_store.proto proto/metadata_store_service.proto simple_types/proto/simple_types.proto)

.PHONY: proto
proto: setup ## compile ML Metadata's messages from our .proto files
	mkdir -p build
	$(BIN)/python -m grpc_tools.protoc -Iml_metadata/proto=$(PROTO) -Iml_metadata/simple_types/proto=$(SIMPLE) \
	  --descriptor_set_out=$(PROTO)/descriptors.binpb --pyi_out=build $(PROTO_FILES)
	sed -i.bak 's/^from ml_metadata.proto/from lineal.compat.mlmd.proto/' build/ml_metadata/proto/*.pyi build/ml_metadata/simple_types/proto/*.pyi
	mv build/ml_metadata/proto/*.pyi $(PROTO)/
	mv build/ml_metadata/simple_types/proto/*.pyi $(SIMPLE)/

MLMD_TESTS := tests/unit/compat/mlmd

.PHONY: conformance
conformance: peer ## record what the real ML Metadata answers, for the tests that compare
	cd .venv-mlmd && bin/python ../tests/conformance/run.py > ../tests/conformance/expected.json
	.venv-mlmd/bin/python $(MLMD_TESTS)/field_tables.py > $(MLMD_TESTS)/field_tables.txt
	.venv-mlmd/bin/python $(MLMD_TESTS)/signatures.py > $(MLMD_TESTS)/signatures.txt

.PHONY: clean
clean: ## remove everything that make made
	rm -rf .venv .venv-uv .venv-mlmd .venv-mlflow build dist docs/_build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
