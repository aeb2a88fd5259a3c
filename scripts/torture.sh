#!/usr/bin/env bash
# Kills processes that share one data directory, damages directories, and judges what is left; for as long as it is told.
#   scripts/torture.sh            half an hour
#   MINUTES=5 SEED=40 scripts/torture.sh
# DISK_SEEDS multiplies the seeds of the simulated disk, KILLS is how many processes one run kills.
set -euo pipefail
# shellcheck source=scripts/tools.sh
source "$(dirname "${BASH_SOURCE[0]}")/tools.sh"
cd "$ROOT"

END=$(($(date +%s) + ${MINUTES:-30} * 60))
SEED="${SEED:-$(date +%s)}"
KILLS="${KILLS:-200}"
LOG="$(mktemp)"
trap 'rm -f "$LOG"' EXIT
runs=0

# torture filter: the tests that the filter names, with what they count.
torture() { cargo nextest run --release -p healthcare-storage --no-capture -E "$1" 2>&1; }

# total word: the sum of the numbers before a word in the log.
total() {
    grep -oE "[0-9]+ $1" "$LOG" | awk '{ sum += $1 } END { print sum + 0 }'
}

say "building the tests"
cargo nextest run --release -p healthcare-storage --no-run
say "the simulated disk, ${DISK_SEEDS:-5} seeds a fault"
TORTURE="${DISK_SEEDS:-5}" torture 'test(/^simulated::(crashes|damage|faults|unsynced)/)'
say "the controls, a full volume, stopped processes"
torture 'test(/^(controls|clocks|history|processes::(full|paused))/) + test(a_journal_without_checksums)'
while [ "$(date +%s)" -lt "$END" ]; do
    say "seed $SEED, $KILLS kills"
    export TORTURE_SEED="$SEED"
    TORTURE_KILLS="$KILLS" torture 'test(/^processes::(torture|contention)/)' | tee -a "$LOG" ||
        die "violation: repeat with TORTURE_SEED=$SEED TORTURE_KILLS=$KILLS"
    TORTURE=10 torture 'test(every_backup_taken_under_load)' | tee -a "$LOG" || die "violation: a backup under load"
    torture 'test(/^simulated::mutations::damage/)' | tee -a "$LOG" || die "violation: repeat with TORTURE_SEED=$SEED"
    runs=$((runs + 1))
    SEED=$((SEED + 1))
done
say "$runs runs: $(total kills) kills, $(total operations) operations, $(total transactions) transactions," \
    "$(total histories) histories with $(total states) states ($(total undecided) undecided)," \
    "$(total images) damaged images, $(total "backups restored") backups restored; $(total violations) violations"
