#!/usr/bin/env bash
# Removes what was built; `--tools` also the cache folder with the installed tools. Never ./data.
set -euo pipefail
# shellcheck source=scripts/tools.sh
source "$(dirname "${BASH_SOURCE[0]}")/tools.sh"
cd "$ROOT"

say "removing $TARGET_DIR and what the end-to-end tests left"
rm -rf "$TARGET_DIR" "$ROOT/target" end2end/.data end2end/test-results end2end/playwright-report end2end/node_modules
if [ "${1:-}" = --tools ]; then
    say "removing $CACHE"
    rm -rf "$CACHE"
fi
