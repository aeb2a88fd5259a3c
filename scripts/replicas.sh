#!/usr/bin/env bash
# The browser tests against two servers on one data directory behind a TCP balancer, while one of them is killed and
# started again every few seconds.
#   scripts/replicas.sh
#   KILL_SECONDS=2 scripts/replicas.sh tests/journey.spec.ts
set -euo pipefail
# shellcheck source=scripts/tools.sh
source "$(dirname "${BASH_SOURCE[0]}")/tools.sh"
cd "$ROOT"

bash scripts/build.sh
ensure_chromium
ensure_npm_folder end2end
export HEALTHCARE_BIN="$TARGET_DIR/release/healthcare" E2E_REPLICAS=2 E2E_KILL_SECONDS="${KILL_SECONDS:-4}"
status=0
(cd end2end && ./node_modules/.bin/playwright test "$@") || status=$?
say "servers killed while the tests ran: $(cat end2end/.data/kills 2>/dev/null || echo 0)"
exit "$status"
