#!/usr/bin/env bash
# Proves the whole product, stage by stage; stops at the first stage that fails and names it.
#   scripts/test.sh                 every stage
#   scripts/test.sh format unit     only these, in the given order
set -euo pipefail
# shellcheck source=scripts/tools.sh
source "$(dirname "${BASH_SOURCE[0]}")/tools.sh"
# shellcheck source=scripts/postgres.sh
source "$ROOT/scripts/postgres.sh"
cd "$ROOT"

STAGES='tools format shell style wasm-deps licences clippy clippy-wasm unit unit-postgres doc build e2e e2e-postgres'

stage_tools() {
    # A shared target folder grows with every clone that was built in it.
    if [ "${CI:-}" = true ] && [ -d "$TARGET_DIR" ] && [ "$(du -sk "$TARGET_DIR" | cut -f1)" -gt 20000000 ]; then
        say "emptying $TARGET_DIR: it has grown over 20 GB"
        rm -rf "$TARGET_DIR"
    fi
    ensure_rust_lints
    ensure_release_tools
    ensure_nextest
    ensure_cargo_deny
    ensure_shellcheck
    ensure_curl
    ensure_chromium
    ensure_postgres
    ensure_redis
    ensure_npm_folder end2end
}

stage_format() {
    ensure_rust_lints
    cargo fmt --all --check
}

stage_shell() {
    ensure_shellcheck
    shellcheck --external-sources scripts/*.sh .ci/run
}

# The committed style sheet is the one that its sources give.
stage_style() {
    ensure_node
    bash style/build.sh --check
}

# The browser gets no server crate.
stage_wasm-deps() {
    ensure_wasm_target
    local server='tokio|axum|hyper|bcrypt|jsonwebtoken|healthcare-storage|healthcare-service' tree found
    tree="$(cargo tree --locked --target wasm32-unknown-unknown --no-default-features --features hydrate \
        --edges normal --prefix none --format '{p}')"
    found="$(printf '%s\n' "$tree" | grep -E "^($server) v" | sort -u)" || found=''
    if [ -n "$found" ]; then
        printf 'server crates in the WASM dependency tree:\n%s\n' "$found" >&2
        return 1
    fi
    printf '%s crates, none of them a server crate\n' "$(printf '%s\n' "$tree" | cut -d' ' -f1,2 | sort -u | wc -l | tr -d ' ')"
}

stage_licences() {
    ensure_cargo_deny
    cargo deny --log-level error check --hide-inclusion-graph licenses bans sources
}

stage_clippy() {
    ensure_rust_lints
    cargo clippy --locked --workspace --all-targets --features ssr -- -D warnings
}

stage_clippy-wasm() {
    ensure_rust_lints
    ensure_wasm_target
    cargo clippy --locked --lib --target wasm32-unknown-unknown --no-default-features --features hydrate -- -D warnings
}

# Tests that need a server of PostgreSQL, and those that run on whatever backend is named.
ON_POSTGRES='binary(postgres) | test(/^postgres::checks::/) | test(/^statements::/)'
ON_EITHER='package(healthcare-service) | binary(it)'

nextest() {
    ensure_nextest
    local profile=default
    if [ "${CI:-}" = true ]; then profile=ci; fi
    cargo nextest run --locked --workspace --features ssr --profile "$profile" "$@"
}

stage_unit() {
    say 'backend: JSON files'
    unset TEST_DATABASE_URL
    ensure_mail_server
    nextest --filterset "not ($ON_POSTGRES)"
}

# The same cases of the conformance suite, the services and HTTP tests, and what only a database can get wrong.
stage_unit-postgres() {
    ensure_redis
    ensure_mail_server
    pg_borrow
    TEST_DATABASE_URL="$(pg_url)"
    export TEST_DATABASE_URL
    say "backend: $("$PG_BIN/postgres" --version) at 127.0.0.1:$PG_PORT"
    nextest --filterset "$ON_POSTGRES | $ON_EITHER"
}

stage_doc() {
    ensure_rust
    if grep -rqE --include='*.rs' '^[[:space:]]*//[/!] ```' src crates; then
        cargo test --locked --doc --workspace --features ssr
    else
        printf 'no documentation holds an example\n'
    fi
}

stage_build() { bash scripts/build.sh; }

stage_e2e() {
    say 'backend: JSON files'
    browser_tests
}

# The journeys, and what people sign in to, on a database of its own.
stage_e2e-postgres() {
    pg_borrow
    say "backend: $("$PG_BIN/postgres" --version) at 127.0.0.1:$PG_PORT"
    local server
    server="$(pg_url)"
    "$PG_BIN/psql" --quiet --no-psqlrc "$server" \
        -c 'DROP DATABASE IF EXISTS healthcare_e2e WITH (FORCE)' -c 'CREATE DATABASE healthcare_e2e'
    E2E_DATABASE_URL="${server%/*}/healthcare_e2e"
    export E2E_DATABASE_URL
    browser_tests tests/journey.spec.ts tests/session.spec.ts
}

# browser_tests [files…]: on a fresh demo clinic.
browser_tests() {
    ensure_chromium
    ensure_npm_folder end2end
    HEALTHCARE_BIN="$TARGET_DIR/release/healthcare"
    export HEALTHCARE_BIN
    [ -x "$HEALTHCARE_BIN" ] || die 'no release build: run scripts/build.sh first'
    (cd end2end && ./node_modules/.bin/tsc --noEmit && ./node_modules/.bin/playwright test "$@")
}

minutes() { printf '%d:%02d' $(($1 / 60)) $(($1 % 60)); }

SUMMARY=''
FAILED=''
[ $# -gt 0 ] && STAGES="$*"
for stage in $STAGES; do
    declare -F "stage_$stage" >/dev/null || die "unknown stage: $stage (known: $(declare -F | sed -n 's/^declare -f stage_//p' | tr '\n' ' '))"
done
for stage in $STAGES; do
    say "test stage: $stage"
    started=$SECONDS
    set +e
    (
        set -e
        "stage_$stage"
    )
    status=$?
    set -e
    took="$(minutes $((SECONDS - started)))"
    if [ "$status" -eq 0 ]; then
        say "$stage passed in $took"
        SUMMARY="$SUMMARY$(printf '  %-12s %7s  passed' "$stage" "$took")"$'\n'
    else
        SUMMARY="$SUMMARY$(printf '  %-12s %7s  FAILED' "$stage" "$took")"$'\n'
        FAILED="$stage"
        break
    fi
done

printf '\n  %-12s %7s\n%s  %-12s %7s\n' stage time "$SUMMARY" total "$(minutes $SECONDS)"
if [ -n "$FAILED" ]; then
    die "test stage '$FAILED' failed; run it alone with: make test STAGES=$FAILED"
fi
