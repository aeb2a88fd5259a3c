#!/usr/bin/env bash
# Kills processes that share one data directory, again and again, and checks what is left.
#   scripts/torture.sh            half an hour
#   MINUTES=5 SEED=40 scripts/torture.sh
set -euo pipefail
# shellcheck source=scripts/tools.sh
source "$(dirname "${BASH_SOURCE[0]}")/tools.sh"
cd "$ROOT"

END=$(($(date +%s) + ${MINUTES:-30} * 60))
SEED="${SEED:-$(date +%s)}"
KILLS="${KILLS:-200}"
runs=0
say "building the tests"
cargo nextest run --release -p healthcare-storage --no-run
say "the simulated disk, ${DISK_SEEDS:-5} seeds a fault"
TORTURE="${DISK_SEEDS:-5}" cargo nextest run --release -p healthcare-storage simulated
while [ "$(date +%s)" -lt "$END" ]; do
    say "seed $SEED, $KILLS kills"
    TORTURE_SEED="$SEED" TORTURE_KILLS="$KILLS" cargo nextest run --release -p healthcare-storage --no-capture \
        killed_processes || die "violation: repeat with TORTURE_SEED=$SEED TORTURE_KILLS=$KILLS"
    runs=$((runs + 1))
    SEED=$((SEED + 1))
done
say "$runs runs of $KILLS kills, no violation"
