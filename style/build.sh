#!/bin/sh
# Rebuilds style/main.css from the pinned GOV.UK Frontend and style/hc/*.css.
#   style/build.sh           build; installs the pinned packages when missing
#   style/build.sh --check   fail when main.css is stale; needs Node alone
set -eu
cd "$(dirname "$0")/govuk"

if [ "${1:-}" = "--check" ]; then
  exec node build.mjs --check
fi

# npm ci only when the lock file has changed since the last install.
stamp=node_modules/.lock-stamp
if ! cmp -s package-lock.json "$stamp"; then
  npm ci --ignore-scripts --no-audit --no-fund --prefer-offline
  cp package-lock.json "$stamp"
fi
exec node build.mjs
