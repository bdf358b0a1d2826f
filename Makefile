# Streamwright. `make help` lists what there is. Each target calls a script or a tool that also works alone.
# Build outputs, Flink distributions and test beds are kept outside the clone, in $XDG_CACHE_HOME/streamwright.

SHELL := /bin/bash
.DEFAULT_GOAL := help

export STREAMWRIGHT_CACHE ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/streamwright
export CARGO_TARGET_DIR ?= $(STREAMWRIGHT_CACHE)/target
DEMO ?= $(or $(XDG_DATA_HOME),$(HOME)/.local/share)/streamwright/demo
LISTEN ?= 127.0.0.1:8088
BINARY := $(CARGO_TARGET_DIR)/debug/streamwright

sources = $(shell find $(1) -type f 2>/dev/null)
JAVA_SOURCES := java/pom.xml $(wildcard java/*/pom.xml) $(call sources,java/text java/planner/src java/runner/src java/stub/src)
WEB_SOURCES := $(call sources,web/app web/locales web/public) $(wildcard web/*.html web/*.json web/*.ts)

.PHONY: help run build test test-long lint format bench java web openapi dist clean-demo lab-up lab-down test-lab need-build need-test

help: ## what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 22

run: build ## build everything and start the demo: server, Flink 2.2.1, a cluster, three sample jobs
	@exec scripts/demo "$(BINARY)" "$(DEMO)" "$(LISTEN)"

build: need-build java web ## build the server with Java programs and console inside
	@scripts/phase "Server" cargo build -p server --bin streamwright
	@echo "Built $(BINARY)"

java: java/target/built ## build the Java programs: planner and runner
java/target/built: $(JAVA_SOURCES)
	@scripts/phase "Java programs" mvn -q -B -ntp -f java/pom.xml package -DskipTests
	@mkdir -p $(@D) && touch $@

web: web/dist/index.html ## build the console
web/dist/index.html: web/node_modules/.package-lock.json $(WEB_SOURCES)
	@scripts/phase "Console" npm --prefix web run --silent build
	@touch $@
web/node_modules/.package-lock.json: web/package-lock.json
	@scripts/phase "Packages of the console" npm --prefix web ci --no-audit --no-fund --loglevel=error
	@touch $@

test: ## everything: lints, unit, Java, console, real Flink 1.20.5 and 2.2.1, Chromium
	@scripts/test

test-long: ## the same with every Flink version that is supported: about half an hour more
	@STREAMWRIGHT_TEST_VERSIONS="1.13.6 1.14.6 1.16.3 1.18.1 1.20.5 2.0.2 2.2.1 2.3.0" scripts/test

lab-up: ## as root: a real Kubernetes with registry, Flink images and MinIO on this machine; prints its addresses (lab/k8s/README.md)
	@lab/kubernetes.sh up

lab-down: ## end it; nothing but the cache is left
	@lab/kubernetes.sh down

test-lab: ## as root: bring the lab up, test on it, bring it down
	@scripts/test-lab

lint: need-build java web ## formats and lints of all languages, arrows, documents, generated files
	@scripts/lint

format: ## format Rust and the console
	cargo fmt --all
	npm --prefix web run --silent format

openapi: web/node_modules/.package-lock.json ## write openapi.json, the API reference and the console's client anew
	UPDATE_OPENAPI=1 cargo test -q -p api openapi_is_current
	cargo xtask reference
	npm --prefix web run --silent generate

dist: need-build java web ## make the archive of a release: binary, systemd unit, settings, licences
	@scripts/dist "$(STREAMWRIGHT_CACHE)/dist"

bench: need-build java web ## measure against the budgets, as JSON lines; beside Flink's Kubernetes client where the lab is up
	@scripts/bench

clean-demo: need-build java web ## end the demo's server, cluster and jobs and remove its data
	@scripts/phase "Server" cargo build -q -p server --bin streamwright
	@"$(BINARY)" demo --data "$(DEMO)" --clean

need-build:
	@scripts/need build
