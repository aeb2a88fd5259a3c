#!/usr/bin/env bash
# Builds the release, loads the demo clinic into an empty store and serves it.
# Settings pass through the environment: ADDR, DATA_DIR or DATABASE_URL, CLINIC_NAME, … (see README.md); DEMO=0 starts
# empty.
set -euo pipefail
# shellcheck source=scripts/tools.sh
source "$(dirname "${BASH_SOURCE[0]}")/tools.sh"
cd "$ROOT"

bash scripts/build.sh
export ADDR="${ADDR:-127.0.0.1:3000}"
export DATA_DIR="${DATA_DIR:-./data}"
if [ "${DEMO:-1}" != 0 ]; then
    "$TARGET_DIR/release/healthcare" seed-demo --data-dir "$DATA_DIR" --if-empty
fi
where="$DATA_DIR"
if [ -n "${DATABASE_URL:-}${DATABASE_URL_FILE:-}" ]; then where='the database of DATABASE_URL'; fi
say "serving http://$ADDR with the data in $where (Ctrl-C stops)"
exec "$TARGET_DIR/release/healthcare" serve
