# Every target sets up what it needs by itself: a machine with Python 3.11+ and a shell is enough.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.PHONY: help demo run test fuzz soak screenshots check bench lock clean
.DEFAULT_GOAL := help

help: ## what there is
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-11s %s\n", $$1, $$2}'

$(READY): config/requirements.lock setup.cfg pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Doorstep needs Python 3.11 or newer: make PYTHON=python3.11")'
	@echo "installing into $(VENV) (once, a minute or two)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes -r config/requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@rm -rf doorstep.egg-info  # it would be found before the installed one, and go stale with the next carrier
	@touch $(READY)

demo: $(READY) ## play the story in the terminal: quote, book, fail over, reconcile, deliver
	@$(BIN)/gateway demo

run: $(READY) ## serve it: web and worker together, SQLite in var/
	@$(BIN)/gateway init
	@$(BIN)/gateway run

test: $(READY) ## the test suite, on SQLite and on a real PostgreSQL that it starts itself
	@$(BIN)/python -m pytest -q -n 2

fuzz: $(READY) ## the property tests once more, with examples never drawn before
	@$(BIN)/python -m pytest -q -n 2 --hypothesis-profile=search $$(grep -rlE "^from hypothesis" tests --include='test_*.py')

screenshots: $(READY) ## every page of the console, light and dark, desktop and phone, into screenshots/
	@SCREENSHOTS=screenshots $(BIN)/python -m pytest -q tests/console -k accessible_and_fit
	@echo "look at them in screenshots/"

check: $(READY) ## format, lint, types, import contracts
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: $(READY) ## measure; prints ratios, writes bench-results.json; DATA=path names recorded deliveries, ONLY=B10 one of them
	@$(BIN)/python -m tests.bench $(if $(DATA),--data $(DATA)) $(if $(ONLY),--only $(ONLY))

soak: $(READY) ## three minutes of load under all kinds of faults, then an audit; SEED=n repeats one
	@$(BIN)/python -m tests.soak $(if $(SEED),--seed $(SEED)) $(if $(SECONDS),--seconds $(SECONDS))

lock: ## renew the lock file (needs uv)
	uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --extra dev \
		--output-file config/requirements.lock setup.cfg

clean: ## remove what the targets made
	rm -rf $(VENV) screenshots var build dist *.egg-info .pytest_cache .mypy_cache .ruff_cache .hypothesis bench-results.json
