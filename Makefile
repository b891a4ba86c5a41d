# Every target says what it does; `make help` lists them. Needed on the machine: Python 3.11 or 3.12, pip and make.

PYTHON := .venv/bin/python
UV     := embedded/uv.sh

CORPUS       ?= ../shared/corpus
QUOTES       ?= ../shared/quotes
FUZZ_SECONDS ?= 600

# Tests wait more than they work: six at a time keep two cores busy.
TEST_PROCESSES ?= 6
PYTEST          = $(PYTHON) -m pytest --numprocesses $(TEST_PROCESSES)
unexport PYTHONDONTWRITEBYTECODE # each of the many processes that tests start would compile every module again

# What `make bench-peers` measures: SYSTEMS="stack celery-tuned" restricts it (all by default), SUBMISSIONS=no skips those.
PASSES      ?= 6
SYSTEMS     ?=
SUBMISSIONS ?= yes

# How many pages `make bench-crawl` crawls to see that memory stays flat: MEMORY_PAGES=50000 takes long.
MEMORY_PAGES ?= 5000

# Of jobs, and of pages of crawls, in `make bench-tables`. Ten million take some 15 GB of disk, and ten minutes of two idle cores.
ROWS ?= 10000000

# What a run of chaos does: SEED=123 repeats a schedule, CHAOS_FAULTS=broker-wiped,worker-killed injects these only.
SEED          ?=
CHAOS_MINUTES ?= 5
CHAOS_SECONDS ?= $(shell expr $(CHAOS_MINUTES) \* 60)
CHAOS_FAULTS  ?=
CHAOS          = --seed "$(SEED)" --seconds "$(CHAOS_SECONDS)" --faults "$(CHAOS_FAULTS)"

.DEFAULT_GOAL := help
.PHONY: $(shell sed -nE 's/^([a-z-]+):.*## .*/\1/p' $(MAKEFILE_LIST))

help: ## list the targets
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1|/' | awk -F'|' '{ printf "  %-17s %s\n", $$1, $$2 }'

install: ## install what the stack needs into .venv, from uv.lock
	@test -d .venv || echo "installing into .venv (once; about ten seconds)"
	@$(UV) sync --locked --quiet --inexact --compile-bytecode

install-dev: ## install what developers need as well
	@$(UV) sync --locked --quiet --group dev --compile-bytecode

# URL is handed over by the environment, so that no shell reads it.
demo: export URL := $(URL)
demo: install ## count the words of a page and find quotes on the embedded stack, then stop (URL=https://... for a page of yours)
	@exec $(PYTHON) -m embedded.demo --url "$$URL"

up: install ## run the embedded stack in the foreground, with its data under .local; Ctrl-C stops it
	@exec $(PYTHON) -m embedded.up

# PART is handed over by the environment, so that no shell reads it; DATA is the folder of another stack than that of `make up`.
status stop start peek broker database lecture: DATA ?= .local
status: ## list the parts of the stack that `make up` runs: state, process and since when
	@$(PYTHON) -m embedded.control status --data "$(DATA)"

stop start: export PART := $(PART)
stop: ## stop one part of it, PART=job_worker_01 say, and keep it stopped
	@$(PYTHON) -m embedded.control stop "$$PART" --data "$(DATA)"

start: ## start that part again
	@$(PYTHON) -m embedded.control start "$$PART" --data "$(DATA)"

peek: ## show the messages that wait in its queues
	@$(PYTHON) -m embedded.control peek --data "$(DATA)"

broker database: export ASK := $(ASK)
broker: ## ask its Redis: ASK="LLEN celery"; without ASK, a prompt
	@$(PYTHON) -m embedded.control broker "$$ASK" --data "$(DATA)"

database: ## ask its PostgreSQL: ASK="SELECT count(*) FROM jobs"; without ASK, a prompt
	@$(PYTHON) -m embedded.control database "$$ASK" --data "$(DATA)"

lecture: install ## walk through the lecture's experiments on the stack that runs (ONLY=surge for one; WAIT=no does not wait for Enter)
	@exec $(PYTHON) -m embedded.lecture --data "$(DATA)" --only "$(ONLY)" --wait "$(or $(WAIT),yes)"

test: install-dev ## run the tests that need no container engine and no patience, on the embedded servers
	@$(PYTEST) -m "not thorough and not swarm"

test-all: test-thorough test-pooled test-swarm ## run all that `make test` leaves out

test-thorough: install-dev ## run the tests of containers, of large loads, and five times as many generated examples
	@$(PYTEST) -m "thorough or hypothesis" --hypothesis-profile thorough

test-unit: install-dev ## run the tests that need no service
	@$(PYTEST) tests/unit

test-integration: install-dev ## run the tests of the parts with Redis and PostgreSQL
	@$(PYTEST) tests/integration

test-pooled: install-dev ## run the tests of the parts with every connection to PostgreSQL through PgBouncer
	@$(PYTEST) -m "not thorough" --pooled tests/integration

test-failover: install-dev ## run the tests in which a standby takes the place of the database, or of the broker
	@$(PYTHON) -m pytest tests/acceptance/failover

test-compose: install-dev ## run the tests of the containers, on a Docker engine
	@$(PYTHON) -m pytest tests/acceptance/compose

test-swarm: install-dev ## run the tests of a swarm of two nodes; takes Linux, root and a Docker engine
	@exec $(PYTHON) -m pytest tests/acceptance/swarm

check-compose: install-dev ## submit a job to the stack that `docker compose up` has started, and wait for its end
	@$(PYTHON) -m tests.acceptance.compose.check

check-kubernetes: install-dev ## check what is rendered for Kubernetes, with checkov, and KEDA's SQL on a running stack (needs kubectl)
	@$(PYTHON) -m pytest tests/unit/kubernetes tests/integration/store/test_worker_demand.py tests/acceptance/test_scaling.py

lint: install-dev ## check style and format
	@$(PYTHON) -m ruff check
	@$(PYTHON) -m ruff format --check

types: install-dev ## check types
	@$(PYTHON) -m mypy

imports: install-dev ## check that imports run one way
	@.venv/bin/lint-imports

check: lint types imports test ## run every check

pictures: install-dev ## take the pictures of the page for docs/pictures again
	@$(PYTHON) -m tests.acceptance.page.pictures

accuracy: install-dev ## count the pages of CORPUS, and compare with what a browser shows
	@$(PYTHON) -m dev.bench.accuracy $(CORPUS)

accuracy-charset: install-dev ## measure how often the encoding of an unlabelled page is detected, in 39 languages
	@$(UV) run --locked --group dev --with 'django>=5.2' python -m dev.bench.charset

accuracy-quotes: install-dev ## find the quotes of the labelled pages in QUOTES, and compare with their labels
	@$(PYTHON) -m dev.bench.accuracy_quotes $(QUOTES)

bench-cost: install-dev ## measure what a million pages cost: processors, disk, network
	@exec $(PYTHON) -m dev.bench.cost

bench-count: install-dev ## measure how fast pages are counted, against the common way and the parser alone
	@$(PYTHON) -m dev.bench.count $(CORPUS)

bench-crawl: install-dev ## measure what a crawled page costs here and with Scrapy; MEMORY_PAGES is how long memory is watched
	@exec $(PYTHON) -m dev.bench.crawl --memory-pages $(MEMORY_PAGES)

bench-list: install ## measure GET /jobs on a table of a million jobs
	@$(PYTHON) -m dev.bench.list_jobs

bench-quotes: install ## measure how fast quotes are read where a million are kept
	@$(PYTHON) -m dev.bench.quotes

bench-cli: install-dev ## measure the command line with 10,000 URLs, on a stack of its own
	@$(PYTHON) -m dev.bench.command_line

bench-memory: install-dev ## measure what 5,000 jobs in a row leave behind in the memory of each process
	@exec $(PYTHON) -m dev.bench.memory $(CORPUS)

bench-workers: install-dev ## measure what 2, 8 and 32 workers cost at rest and for each job, and reckon 1,000
	@exec $(PYTHON) -m dev.bench.workers

bench-peers: install-dev ## measure what a job costs here and on Celery, RQ and others, in PASSES over CORPUS (SYSTEMS: which)
	@exec $(PYTHON) -m dev.bench.peers $(CORPUS) --passes $(PASSES) --submissions $(SUBMISSIONS) $(if $(SYSTEMS),--systems $(SYSTEMS))

bench-tables: install ## measure what takes longer where tables have ROWS rows than where they have 100,000
	@exec $(PYTHON) -m dev.bench.large_tables --rows $(ROWS)

fuzz: install-dev ## look for pages that break the counter, for FUZZ_SECONDS
	@$(PYTHON) -m dev.bench.fuzz $(FUZZ_SECONDS)

fuzz-api: install-dev ## send the manager 2,000 generated requests of each kind
	@$(PYTHON) -m pytest --hypothesis-profile fuzz tests/integration/job_manager/test_generated_requests.py

chaos: install-dev ## inject faults into the embedded stack under load for CHAOS_MINUTES, and check every job afterwards
	@exec $(PYTHON) -m dev.chaos processes $(CHAOS)

chaos-compose: install-dev ## the same on containers
	@exec $(PYTHON) -m dev.chaos containers $(CHAOS)

clean: ## remove .venv, caches, and the data that `make up` kept
	@rm -rf .venv .local .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
