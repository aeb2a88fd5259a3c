# Thin: every target is a script in scripts/, which installs what it needs and says so.
.DEFAULT_GOAL := help
.PHONY: help run test dev bench torture replicas postgres fuzz mutants scan fmt lint clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## build the release and serve the clinic on http://127.0.0.1:3000 (DEMO=0: without demo data)
	@bash scripts/run.sh

test: ## prove everything: format, lint, unit, integration and browser tests (STAGES="format unit": only these)
	@bash scripts/test.sh $(STAGES)

dev: ## serve and rebuild at every saved change
	@bash scripts/dev.sh

bench: ## measure start, memory, throughput, latency and weight (SECTIONS="health weight": only these)
	@bash scripts/bench.sh $(SECTIONS)

torture: ## kill processes that share one data directory for MINUTES=30, and check what is left
	@bash scripts/torture.sh

replicas: ## the browser tests against two servers that are killed in turn
	@bash scripts/replicas.sh

postgres: ## rehearse backups, a pooler, killed servers and a failover on throw-away database servers
	@bash scripts/postgres-rehearsal.sh
	@bash scripts/postgres-pooler.sh
	@bash scripts/postgres-failover.sh
	@bash scripts/postgres-faults.sh

fuzz: ## feed the readers of the store whatever a fuzzer comes up with, for MINUTES=5 each
	@bash scripts/fuzz.sh

mutants: ## change the store's code in every small way and see whether a test notices (FILES="segment.rs": only these)
	@bash scripts/mutants.sh $(FILES)

scan: ## scanners of the API, the site, the sources, the crates and of secrets (STAGES="code secrets": only these)
	@bash scripts/scan.sh $(STAGES)

fmt: ## format the sources
	@bash scripts/fmt.sh

lint: ## the checks of `make test` that run no test
	@bash scripts/test.sh format shell style clippy clippy-wasm wasm-deps licences

clean: ## remove what was built (not ./data, not the installed tools)
	@bash scripts/clean.sh
