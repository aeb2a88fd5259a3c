#!/usr/bin/env bash
# The tools that the build needs: `ensure_*` finds each one or installs it, and says which.
#
# Sourced by the other scripts. Run directly, it installs the tools of the named functions:
#   scripts/tools.sh ensure_release_tools
# Nothing is installed globally except what only the system's package manager has
# (a browser, wrk, shellcheck); everything else lies in one cache folder:
#   ${HEALTHCARE_CACHE:-${XDG_CACHE_HOME:-~/.cache}/healthcare}
set -euo pipefail

ROOT="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
CACHE="${HEALTHCARE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/healthcare}"
TOOLS="$CACHE/tools"
export ROOT CACHE TOOLS

# cargo-leptos 0.3.11 asks for rustc 1.96; move both together.
CARGO_LEPTOS_VERSION=0.3.10
NEXTEST_VERSION=0.9.143
NEXTEST_MINIMUM=0.9.100
CARGO_DENY_VERSION=0.20.2
CARGO_CHEF_VERSION=0.1.78
CARGO_FUZZ_VERSION=0.13.2
CARGO_MUTANTS_VERSION=27.1.0
BINARYEN_VERSION=132.0.0
NODE_MINIMUM=20

export PATH="$TOOLS/bin:$TOOLS/binaryen/node_modules/.bin:$HOME/.cargo/bin:$PATH"
export npm_config_cache="$CACHE/npm"
export npm_config_update_notifier=false
export npm_config_fund=false
export npm_config_audit=false
export npm_config_loglevel="${npm_config_loglevel:-error}"
export PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD=1

# On a build machine a fresh clone finds what the clone before it compiled.
if [ "${CI:-}" = true ]; then
    export CARGO_TARGET_DIR="${CARGO_TARGET_DIR:-$CACHE/target}"
    export CARGO_INCREMENTAL="${CARGO_INCREMENTAL:-0}"
fi
case "${CARGO_TARGET_DIR:-}" in
    '') TARGET_DIR="$ROOT/target" ;;
    /*) TARGET_DIR="$CARGO_TARGET_DIR" ;;
    *) TARGET_DIR="$ROOT/$CARGO_TARGET_DIR" && export CARGO_TARGET_DIR="$TARGET_DIR" ;;
esac
export TARGET_DIR

if [ -t 2 ]; then
    BOLD=$'\033[1m' RED=$'\033[31m' PLAIN=$'\033[0m'
else
    BOLD='' RED='' PLAIN=''
fi
say() { printf '%s==>%s %s\n' "$BOLD" "$PLAIN" "$*" >&2; }
die() {
    printf '%serror:%s %s\n' "$RED" "$PLAIN" "$*" >&2
    exit 1
}
have() { command -v "$1" >/dev/null 2>&1; }

# at_least 20.1.0 20.0.5: is the first version the second one or newer?
at_least() {
    [ "$(printf '%s\n%s\n' "$1" "$2" | sort -t. -k1,1n -k2,2n -k3,3n | head -n 1)" = "$2" ]
}

# as_root cmd…: runs cmd as root, through sudo when there is one.
as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif have sudo; then
        sudo "$@"
    else
        return 1
    fi
}

# system_package what apt-name brew-name: installs with the system's package manager.
system_package() {
    local what="$1" apt_name="$2" brew_name="$3" log="$CACHE/package-manager.log"
    mkdir -p "$CACHE"
    if have brew; then
        say "installing $what with Homebrew"
        # shellcheck disable=SC2086 # the name may carry --cask
        brew install $brew_name >"$log" 2>&1 && return 0
    elif have apt-get; then
        say "installing $what with apt-get"
        export DEBIAN_FRONTEND=noninteractive
        as_root apt-get install -y --no-install-recommends "$apt_name" >"$log" 2>&1 && return 0
        { as_root apt-get update && as_root apt-get install -y --no-install-recommends "$apt_name"; } \
            >"$log" 2>&1 && return 0
    fi
    [ -f "$log" ] && tail -n 5 "$log" >&2
    die "$what is missing and could not be installed: install it (Debian: apt-get install $apt_name; macOS: brew install $brew_name) and run this again"
}

# pinned_channel: the Rust version that rust-toolchain.toml names.
pinned_channel() { sed -n 's/^channel *= *"\(.*\)"/\1/p' "$ROOT/rust-toolchain.toml"; }

ensure_cc() {
    have cc && return 0
    [ "$(uname)" = Darwin ] && die "no C compiler: run 'xcode-select --install' and run this again"
    system_package 'a C compiler' build-essential gcc
}

ensure_rust() {
    ensure_cc
    have cargo || have rustup || die "Rust is missing: install rustup from https://rustup.rs and run this again"
    local pinned found
    pinned="$(pinned_channel)"
    found="$(cd "$ROOT" && rustc --version 2>/dev/null | cut -d' ' -f2)" || found=''
    if [ "$found" != "$pinned" ]; then
        have rustup || die "rustc $pinned is needed and ${found:-none} was found: install rustup from https://rustup.rs"
        say "installing Rust $pinned with rustup"
        rustup toolchain install "$pinned" --profile minimal --component rustfmt --component clippy
    fi
}

ensure_rust_lints() {
    ensure_rust
    (cd "$ROOT" && cargo fmt --version && cargo clippy --version) >/dev/null 2>&1 && return 0
    have rustup || die 'rustfmt or clippy is missing: install them from your system'"'"'s packages'
    say 'adding rustfmt and clippy with rustup'
    rustup component add --toolchain "$(pinned_channel)" rustfmt clippy
}

ensure_wasm_target() {
    ensure_rust
    local sysroot
    sysroot="$(cd "$ROOT" && rustc --print sysroot)"
    [ -d "$sysroot/lib/rustlib/wasm32-unknown-unknown/lib" ] && return 0
    have rustup || die "the Rust target wasm32-unknown-unknown is missing: install it with rustup, or from your system's packages"
    say 'adding the Rust target wasm32-unknown-unknown with rustup'
    rustup target add --toolchain "$(pinned_channel)" wasm32-unknown-unknown
}

# cargo_tool crate version binary [cargo install flags…]: a Rust program in the cache folder.
# cargo's own list of what it installed is the stamp.
cargo_tool() {
    local crate="$1" version="$2" binary="$3"
    shift 3
    if [ -x "$TOOLS/bin/$binary" ] && grep -q "^\"$crate $version " "$TOOLS/.crates.toml" 2>/dev/null; then
        return 0
    fi
    ensure_rust
    say "compiling $crate $version into $TOOLS (once, some minutes)"
    set -- "$crate" --version "$version" --force --quiet --root "$TOOLS" "$@"
    # The tool's own target folder is thrown away: it would only fill the project's.
    (
        cd "$ROOT"
        unset CARGO_TARGET_DIR CARGO_INCREMENTAL
        # The tools wait for compilers, not for themselves: half the optimisation is half the time to install them.
        export CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16
        cargo install --locked "$@" && exit 0
        # The lock file inside a published tool can name a version that was withdrawn since.
        say "trying $crate $version again with newer dependencies than it was published with"
        cargo install "$@"
    )
}

ensure_cargo_leptos() {
    cargo_tool cargo-leptos "$CARGO_LEPTOS_VERSION" cargo-leptos --no-default-features --features no_downloads
}

# wasm-bindgen's program and library must be of one version: Cargo.lock decides.
ensure_wasm_bindgen() {
    local version
    version="$(awk '/^name = "wasm-bindgen"$/ { getline; gsub(/version = |"/, ""); print; exit }' "$ROOT/Cargo.lock")"
    [ -n "$version" ] || die 'Cargo.lock names no wasm-bindgen'
    cargo_tool wasm-bindgen-cli "$version" wasm-bindgen
}

ensure_nextest() {
    local found
    found="$(cargo-nextest nextest --version 2>/dev/null | awk 'NR == 1 { print $2 }')" || found=''
    [ -n "$found" ] && at_least "$found" "$NEXTEST_MINIMUM" && return 0
    cargo_tool cargo-nextest "$NEXTEST_VERSION" cargo-nextest --no-default-features --features default-no-update
}

ensure_cargo_deny() { cargo_tool cargo-deny "$CARGO_DENY_VERSION" cargo-deny; }
ensure_cargo_chef() { cargo_tool cargo-chef "$CARGO_CHEF_VERSION" cargo-chef; }
ensure_cargo_fuzz() { cargo_tool cargo-fuzz "$CARGO_FUZZ_VERSION" cargo-fuzz; }
ensure_cargo_mutants() { cargo_tool cargo-mutants "$CARGO_MUTANTS_VERSION" cargo-mutants; }

ensure_node() {
    local message="Node.js $NODE_MINIMUM or newer with npm is needed: install it from https://nodejs.org or your system's packages"
    { have node && have npm; } || die "$message"
    local found
    found="$(node --version)"
    at_least "${found#v}" "$NODE_MINIMUM.0.0" || die "$message (found $found)"
}

# The system's wasm-opt is often too old for what the compiler writes today.
ensure_wasm_opt() {
    local stamp="$TOOLS/binaryen/version"
    [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$BINARYEN_VERSION" ] && return 0
    ensure_node
    say "installing binaryen $BINARYEN_VERSION (wasm-opt) from npm into $TOOLS"
    rm -rf "$TOOLS/binaryen"
    mkdir -p "$TOOLS/binaryen"
    npm install --prefix "$TOOLS/binaryen" --no-save --ignore-scripts "binaryen@$BINARYEN_VERSION" >&2
    printf '%s\n' "$BINARYEN_VERSION" >"$stamp"
}

# ensure_npm_folder path: `npm ci` there when its lock file has changed since the last time.
ensure_npm_folder() {
    local folder="$ROOT/$1" sum
    sum="$(cksum <"$folder/package-lock.json")"
    if [ -f "$folder/node_modules/.lock-sum" ] && [ "$(cat "$folder/node_modules/.lock-sum")" = "$sum" ]; then
        return 0
    fi
    ensure_node
    say "installing the npm packages of $1"
    (cd "$folder" && npm ci --ignore-scripts >&2)
    printf '%s\n' "$sum" >"$folder/node_modules/.lock-sum"
}

# find_chromium: prints the path of a Chromium or Chrome.
find_chromium() {
    local candidate
    for candidate in "${CHROMIUM:-}" /usr/bin/chromium /usr/bin/chromium-browser /usr/bin/google-chrome \
        '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome' \
        /Applications/Chromium.app/Contents/MacOS/Chromium; do
        if [ -n "$candidate" ] && [ -x "$candidate" ]; then
            printf '%s\n' "$candidate"
            return 0
        fi
    done
    return 1
}

ensure_chromium() {
    find_chromium >/dev/null || system_package Chromium chromium '--cask google-chrome'
    CHROMIUM="$(find_chromium)" || die 'no Chromium found: set CHROMIUM to the path of one'
    export CHROMIUM
}

# The mail server of the tests (end2end/smtp.mjs).
ensure_mail_server() { ensure_npm_folder end2end; }

ensure_shellcheck() { have shellcheck || system_package shellcheck shellcheck shellcheck; }
# find_postgres: prints the folder with the programs of the newest PostgreSQL.
find_postgres() {
    local candidate
    for candidate in $(printf '%s\n' /usr/lib/postgresql/*/bin /opt/homebrew/opt/postgresql@*/bin /usr/local/opt/postgresql@*/bin | sort -rV); do
        if [ -x "$candidate/initdb" ]; then
            printf '%s\n' "$candidate"
            return 0
        fi
    done
    have initdb && dirname "$(command -v initdb)"
}

ensure_postgres() {
    find_postgres >/dev/null || system_package 'PostgreSQL' postgresql postgresql@16
    PG_BIN="$(find_postgres)" || die 'no PostgreSQL found: put its programs (initdb, pg_ctl, psql) on the PATH'
    export PG_BIN
}
ensure_pgbouncer() { have pgbouncer || system_package pgbouncer pgbouncer pgbouncer; }
ensure_redis() { have redis-server || system_package 'a Redis server' redis-server redis; }
ensure_wrk() { have wrk || system_package wrk wrk wrk; }
ensure_curl() { have curl || system_package curl curl curl; }

ensure_release_tools() {
    ensure_wasm_target
    ensure_wasm_opt
    ensure_cargo_leptos
    ensure_wasm_bindgen
}

# Run directly: install what is named.
if [ "${BASH_SOURCE[0]}" = "$0" ]; then
    [ $# -gt 0 ] || die 'usage: scripts/tools.sh ensure_<tool>…'
    for tool in "$@"; do
        case "$tool" in
            ensure_*) "$tool" ;;
            *) die "unknown tool function: $tool" ;;
        esac
    done
fi
