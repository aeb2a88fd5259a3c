#!/usr/bin/env bash
# Feeds the readers of the JSON store, of session tokens and of forms whatever a fuzzer comes up with; ends with an error
# when one breaks a promise.
#   scripts/fuzz.sh                     all targets, five minutes each
#   MINUTES=60 scripts/fuzz.sh journal  one of them
# Needs a C++ compiler for libFuzzer. What was found worth trying lies in fuzz/found; an input that breaks something lies in
# fuzz/artifacts: mend it, and add the input to fuzz/corpus, where a test tries it for ever.
set -euo pipefail
# shellcheck source=scripts/tools.sh
source "$(dirname "${BASH_SOURCE[0]}")/tools.sh"
cd "$ROOT"

have c++ || have clang++ || system_package 'a C++ compiler' g++ gcc
ensure_cargo_fuzz
# libFuzzer's instrumentation is an unstable option of the compiler; the pinned one takes it when told so, without sanitizers.
export RUSTC_BOOTSTRAP=1
[ $# -gt 0 ] || set -- journal table token form
for target in "$@"; do
    say "fuzzing $target for ${MINUTES:-5} minutes"
    mkdir -p "fuzz/found/$target" "fuzz/corpus/$target"
    cargo fuzz run --sanitizer none "$target" "fuzz/found/$target" "fuzz/corpus/$target" -- \
        -max_total_time=$((${MINUTES:-5} * 60)) -timeout=10 -max_len=16384 -print_final_stats=1 ||
        die "$target: an input in fuzz/artifacts/$target breaks a promise"
done
