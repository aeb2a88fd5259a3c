#!/usr/bin/env bash
# Rebuilds and restarts the development server at every saved change (cargo leptos watch).
set -euo pipefail
# shellcheck source=scripts/tools.sh
source "$(dirname "${BASH_SOURCE[0]}")/tools.sh"
cd "$ROOT"

ensure_release_tools
export ADDR="${ADDR:-127.0.0.1:3000}"
export DATA_DIR="${DATA_DIR:-./data}"
exec cargo leptos watch -- serve
