#!/usr/bin/env bash
# The release build: WASM, CSS and the server binary through cargo-leptos; nothing when up to date.
set -euo pipefail
# shellcheck source=scripts/tools.sh
source "$(dirname "${BASH_SOURCE[0]}")/tools.sh"
cd "$ROOT"

BINARY="$TARGET_DIR/release/healthcare"
STAMP="$TARGET_DIR/release/.healthcare-inputs"
SITE="$ROOT/target/site"

# One checksum over everything that ends up in the binary, so not over tests. cargo-leptos rewrites the site on every
# run, which would link the binary again each time: content decides, not the clock.
inputs() {
    printf '%s %s %s\n' "$ROOT" "$CARGO_LEPTOS_VERSION" "$BINARYEN_VERSION"
    {
        find src crates style public -type f -not -path '*/node_modules/*' -not -path 'crates/*/tests/*'
        find Cargo.toml Cargo.lock rust-toolchain.toml build.rs .cargo -type f 2>/dev/null || true
    } | LC_ALL=C sort | while IFS= read -r file; do cksum "$file"; done | cksum
}

ensure_release_tools
WANTED="$(inputs)"
if [ -x "$BINARY" ] && [ -d "$SITE/pkg" ] && [ -f "$STAMP" ] && [ "$(cat "$STAMP")" = "$WANTED" ]; then
    say 'the release build is up to date'
else
    say 'building the release (cargo leptos build --release -P)'
    rm -f "$STAMP"
    # Cargo does not see files that join the embedded site: a library built without it would be kept.
    touch -c src/web/assets.rs
    LEPTOS_SITE_ROOT=target/site cargo leptos build --release --precompress
    printf '%s\n' "$WANTED" >"$STAMP"
fi
