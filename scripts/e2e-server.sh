#!/usr/bin/env bash
# The server of the browser tests: the release binary on a fresh demo clinic.
# Playwright starts it; E2E_PASSWORD is the password of every demo account. With E2E_REPLICAS set, two servers share
# the data behind a TCP balancer, and one of them is killed every few seconds. With E2E_DATABASE_URL set, the data lie
# in that database, which must be empty.
set -euo pipefail
# shellcheck source=scripts/tools.sh
source "$(dirname "${BASH_SOURCE[0]}")/tools.sh"
cd "$ROOT/end2end"

BINARY="${HEALTHCARE_BIN:-$TARGET_DIR/release/healthcare}"
DATA="$PWD/.data"
[ -x "$BINARY" ] || die "no release build at $BINARY: run scripts/build.sh first"

# Settings of the caller's shell are not the tests'.
unset DATABASE_URL DATABASE_URL_FILE DATABASE_READ_URL METRICS_ADDR
if [ -n "${E2E_DATABASE_URL:-}" ]; then
    export DATABASE_URL="$E2E_DATABASE_URL"
fi
unset SMTP_URL SMTP_URL_FILE MAIL_FROM PUBLIC_URL
unset JWT_SECRET_PREVIOUS JWT_SECRET_PREVIOUS_FILE AUDIT_KEY AUDIT_KEY_FILE REQUIRE_SECOND_FACTOR
unset SESSION_IDLE_MINUTES SESSION_HOURS TRUSTED_PROXIES RATE_LIMIT_PER_SECOND CARE_TEAM_DAYS_BACK CARE_TEAM_DAYS_AHEAD
unset JWT_SECRET JWT_SECRET_FILE ADMIN_EMAIL ADMIN_USERNAME ADMIN_PASSWORD CLINIC_NAME CLINIC_CURRENCY
export ADDR="127.0.0.1:${E2E_PORT:-3999}"
export DATA_DIR="$DATA/clinic"
export CLINIC_TIME_ZONE=Europe/London
export COOKIE_SECURE=false
export LOG_FORMAT=json
export DRAIN_SECONDS=0

rm -rf "$DATA"
mkdir -p "$DATA"
(umask 077 && printf '%s\n' "${E2E_PASSWORD:?}" >"$DATA/password")
"$BINARY" seed-demo --data-dir "$DATA_DIR" --password-file "$DATA/password" >"$DATA/seed.log"
if [ -n "${E2E_REPLICAS:-}" ]; then
    exec node replicas.mjs "$BINARY"
fi
exec "$BINARY" serve >"$DATA/server.log" 2>&1
