#!/usr/bin/env bash
# Changes the JSON store's code in every small way and runs its tests: a change that no test notices is a gap in the tests.
#   scripts/mutants.sh                     all of crates/storage/src/json: many hours
#   scripts/mutants.sh lock.rs journal.rs  only these files
# The report is target/mutants.out; missed.txt there names the gaps.
set -euo pipefail
# shellcheck source=scripts/tools.sh
source "$(dirname "${BASH_SOURCE[0]}")/tools.sh"
cd "$ROOT"

ensure_nextest
ensure_cargo_mutants
[ $# -gt 0 ] || set -- '*.rs'
files=()
for file in "$@"; do
    files+=(--file "crates/storage/src/json/$file")
done
# The door of the fuzzers and the reader of the old system are not the store.
cargo mutants --package healthcare-storage "${files[@]}" --exclude '**/fuzzed.rs' --exclude '**/legacy*.rs' \
    --test-tool nextest --output "$TARGET_DIR" --minimum-test-timeout 300
