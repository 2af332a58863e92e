# make test does everything that must pass; it installs what it needs.
SHELL := /bin/bash
BIN := $(CURDIR)/.bin
ALERTMANAGER := v0.31.1
PROMTOOL := v0.316.0
export PATH := $(BIN):$(PATH)

.PHONY: test build deps check-deploy packages fmt vet lint licences holes release-files release-dry release unit fuzz race chaos bench screenshots reference clean

test: deps fmt vet lint check-deploy unit ## everything

build: ## one static binary
	CGO_ENABLED=0 go build -trimpath -ldflags '-s -w' -o workbell .

deps: packages $(BIN)/golangci-lint $(BIN)/audit $(BIN)/vulndb $(BIN)/alertmanager-$(ALERTMANAGER) $(BIN)/amtool

packages: # what the tests run besides: the README's curl, a limit on files, a disk that fails, a browser, shells, a reader of manual pages, PostgreSQL's programs (no cluster of the system's)
	@for p in curl:curl prlimit:util-linux strace:strace chromium:chromium zsh:zsh fish:fish mandoc:mandoc systemd-analyze:systemd; do \
		command -v $${p%%:*} >/dev/null && continue; \
		echo "deps: installing $${p##*:}, once"; \
		apt-get update -qq && apt-get install -y -qq --no-install-recommends $${p##*:} >/dev/null; \
	done
	@{ ls /usr/lib/postgresql/*/bin/initdb || command -v initdb; } >/dev/null 2>&1 || { \
		echo "deps: installing postgresql, once"; \
		mkdir -p /etc/postgresql-common && [ -e /etc/postgresql-common/createcluster.conf ] || echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.conf; \
		apt-get update -qq && DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends postgresql >/dev/null; \
	}

$(BIN)/golangci-lint: tools/go.mod tools/go.sum
	@echo "deps: building golangci-lint, once"
	@cd tools && GOFLAGS=-mod=mod GOBIN=$(BIN) go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint

$(BIN)/alertmanager-$(ALERTMANAGER):
	@echo "deps: building Alertmanager $(ALERTMANAGER) for the tests, once"
	@GOBIN=$(BIN) go install github.com/prometheus/alertmanager/cmd/alertmanager@$(ALERTMANAGER)
	@mv $(BIN)/alertmanager $@

$(BIN)/promtool-$(PROMTOOL): # without service discovery, which is most of it
	@echo "deps: building promtool $(PROMTOOL) for the tests, once"
	@GOBIN=$(BIN) go install -tags remove_all_sd github.com/prometheus/prometheus/cmd/promtool@$(PROMTOOL)
	@mv $(BIN)/promtool $@

$(BIN)/amtool: $(BIN)/alertmanager-$(ALERTMANAGER)
	@GOBIN=$(BIN) go install github.com/prometheus/alertmanager/cmd/amtool@$(ALERTMANAGER)

$(BIN)/goreleaser: tools/release/go.mod tools/release/go.sum
	@echo "deps: building goreleaser, once; this takes minutes"
	@cd tools/release && GOBIN=$(BIN) go install github.com/goreleaser/goreleaser/v2

$(BIN)/deploy: $(wildcard tools/deploy/*)
	@echo "deps: building the check of deploy/, once"
	@cd tools/deploy && go build -o $@ .

$(BIN)/audit: $(wildcard tools/audit/*)
	@echo "deps: building what checks licences and known holes, once"
	@cd tools/audit && GOBIN=$(BIN) go install . tool

$(BIN)/vulndb: $(BIN)/audit # the known holes, as of golang.org/x/vulndb's version in tools/audit/go.mod
	@rm -rf $@ && indexdb -vulns "$$(cd tools/audit && go list -m -f '{{.Dir}}' golang.org/x/vulndb)/data/osv" -out $@

fmt:
	@bad=$$(gofmt -l $$(git ls-files '*.go')); [ -z "$$bad" ] || { echo "not gofmt-ed: $$bad"; exit 1; }

vet:
	go vet ./...
	go vet -tags heavy .

lint: $(BIN)/golangci-lint licences holes
	golangci-lint run ./...
	cd tools/audit && golangci-lint run ./... && go test ./...

licences: $(BIN)/audit ## of all that is linked into the binary
	@audit licences >/dev/null

holes: $(BIN)/audit $(BIN)/vulndb ## known ones, in what is linked into the binary: govulncheck
	@audit holes $(BIN)/vulndb

check-deploy: $(BIN)/golangci-lint $(BIN)/promtool-$(PROMTOOL) $(BIN)/deploy ## rules with promtool; charts, manifests and the package by their own libraries
	cd tools/deploy && golangci-lint run ./...
	go test -tags heavy -count=1 -run 'TestPromtool|TestDashboardParses|TestDebianPackage|TestManifests|TestImages' .

VERSION ?= dev
release-files: $(BIN)/audit # what the program writes itself, and the licences of what is in it
	@rm -rf .release && mkdir -p .release/completion
	@audit licences .release/THIRD_PARTY.txt >/dev/null
	@go build -trimpath -ldflags '-s -w -X main.version=$(VERSION)' -o .release/workbell .
	@.release/workbell man >.release/workbell.1 && gzip -9nk .release/workbell.1
	@for shell in bash zsh fish; do .release/workbell completion $$shell >.release/completion/workbell.$$shell; done
	@rm .release/workbell

release-dry: $(BIN)/goreleaser $(BIN)/audit ## all files of a release into dist/; nothing is fetched or published
	goreleaser check
	GOPROXY=off goreleaser release --snapshot --clean --skip=publish,docker
	go test -tags heavy -count=1 -run TestReleaseDry .

release: $(BIN)/goreleaser $(BIN)/audit $(BIN)/vulndb ## for a tag; needs credentials of where it goes, and IMAGE
	audit holes -strict $(BIN)/vulndb
	goreleaser release --clean

unit:
	go test -timeout 12m ./...

race: deps licences ## the same tests under the race detector; needs a C compiler
	go test -race -timeout 25m ./...

FUZZTIME ?= 60s
fuzz: ## every fuzz target for FUZZTIME
	@set -e; for pkg in $$(go list ./...); do \
		for f in $$(go test -list '^Fuzz' $$pkg | grep '^Fuzz' || true); do \
			echo "$$pkg $$f"; go test -run '^$$' -fuzz "^$$f$$" -fuzztime $(FUZZTIME) -fuzzminimizetime 5x $$pkg; \
		done; done

chaos: deps ## the reliability suite at length (CHAOS each, CRASHES kills), and the figures of docs/reliability.md
	CHAOS=$${CHAOS:-25s} CRASHES=$${CRASHES:-100} go test -count=1 -run 'TestCrash|TestReplicas|TestTwoAlertmanagers|TestHourAway|TestChaos|TestClockJumps|TestStorm' -v -timeout 60m .

bench: build ## the figures of docs/performance.md
	go run ./bench

screenshots: packages ## docs/screenshots, from a bridge with a day's notifications
	@fc-list | grep -q NotoSansCJK || { apt-get update -qq && apt-get install -y -qq --no-install-recommends fonts-noto-cjk fonts-roboto-unhinted >/dev/null; }
	SCREENSHOTS=$(CURDIR)/docs/screenshots go test -count=1 -run TestScreenshots -timeout 5m ./console

reference: ## docs/reference and the schema of rules.yaml, from the code
	go test ./config ./transform ./cli ./bridge . -run 'TestReference|TestMetricsAreDocumented' -update

clean:
	rm -rf workbell dist .release $(BIN)
