#!/usr/bin/env bash
# Formats the Rust sources.
set -euo pipefail
# shellcheck source=scripts/tools.sh
source "$(dirname "${BASH_SOURCE[0]}")/tools.sh"
cd "$ROOT"

ensure_rust_lints
cargo fmt --all
