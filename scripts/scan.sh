#!/usr/bin/env bash
# Scanners: of the API's description, of a running site, of the sources, of dependencies and of secrets in the repository.
#   scripts/scan.sh                  all of them
#   scripts/scan.sh code secrets     only these: api site code crates secrets
# Ends with an error when one of them finds something. Reports lie in target/scan. The site and the API are those of a server
# of its own with the demonstration clinic, on loopback, thrown away at the end; BINARY names another build than the newest.
# EXAMPLES=100 makes the fuzzing of the API longer.
set -euo pipefail
# shellcheck source=scripts/tools.sh
source "$(dirname "${BASH_SOURCE[0]}")/tools.sh"
cd "$ROOT"

VENV="$CACHE/venv"
SCHEMATHESIS_VERSION=4.32.5
SEMGREP_VERSION=1.185.0
DETECT_SECRETS_VERSION=1.5.0
WAPITI_VERSION=3.2.3
PORT="${SCAN_PORT:-4931}"
SITE="http://127.0.0.1:$PORT"
PASSWORD='summer hats by the door'
REPORTS="$ROOT/target/scan"
WORK="$(mktemp -d)"
SERVER=''

# shellcheck disable=SC2329 # called by the trap
stop() {
    [ -z "$SERVER" ] || kill "$SERVER" 2>/dev/null || true
    rm -rf "$WORK"
}
trap stop EXIT
mkdir -p "$REPORTS"

# python_tool package version program: one environment a tool, as their dependencies disagree.
python_tool() {
    local folder="$VENV/$1-$2"
    if [ ! -x "$folder/bin/$3" ]; then
        have python3 || system_package 'Python' python3-venv python
        say "installing $1 $2"
        python3 -m venv "$folder"
        "$folder/bin/pip" install --quiet --disable-pip-version-check "$1==$2" || die "$1 could not be installed"
    fi
    printf '%s\n' "$folder/bin/$3"
}

newest_binary() {
    local found
    # shellcheck disable=SC2012 # two known names
    found="$(ls -t "$TARGET_DIR"/{release,debug}/healthcare 2>/dev/null | head -n 1 || true)"
    [ -n "$found" ] || die 'no program was built yet: make run, or cargo build --features ssr'
    printf '%s\n' "$found"
}

serve() {
    [ -z "$SERVER" ] || return 0
    local binary="${BINARY:-$(newest_binary)}" tries=0
    say "serving the demonstration clinic with $binary"
    (umask 077 && printf '%s\n' "$PASSWORD" >"$WORK/password")
    export CLINIC_TIME_ZONE=Europe/London COOKIE_SECURE=false LOG_FORMAT=json DRAIN_SECONDS=0 RATE_LIMIT_PER_SECOND=0
    "$binary" seed-demo --data-dir "$WORK/clinic" --password-file "$WORK/password" >"$WORK/seed.log"
    ADDR="127.0.0.1:$PORT" DATA_DIR="$WORK/clinic" "$binary" serve >"$REPORTS/server.log" 2>&1 &
    SERVER=$!
    until curl -fs -o /dev/null "$SITE/ready"; do
        tries=$((tries + 1))
        [ "$tries" -lt 100 ] || die "the server does not answer: $(tail -n 3 "$REPORTS/server.log")"
        sleep 0.1
    done
}

# token username: of a new session.
token() {
    curl -fsS -X POST "$SITE/api/login" -H 'content-type: application/json' \
        -d "{\"email\": \"$1\", \"password\": \"$PASSWORD\"}" | sed -E 's/.*"token":"([^"]+)".*/\1/'
}

# No server error, nothing that the description does not say, nothing taken that it refuses, in several roles.
api() {
    local program role status=0
    ensure_curl
    program="$(python_tool schemathesis "$SCHEMATHESIS_VERSION" schemathesis)"
    serve
    for role in amina.rahman grace.hall sam.lee olivia.bennett marta.kowalska; do
        say "schemathesis as $role"
        # What ends its own session ends the run.
        (cd "$WORK" && "$program" run "$SITE/api/openapi.json" -H "Authorization: Bearer $(token "$role")" \
            --phases examples,fuzzing,stateful --max-examples "${EXAMPLES:-20}" --seed 5 --request-timeout 60 --continue-on-failure \
            --checks not_a_server_error,status_code_conformance,content_type_conformance \
            --checks response_headers_conformance,response_schema_conformance,missing_required_header \
            --checks unsupported_method,allow_header_conformance,use_after_free \
            --exclude-path /api/session --exclude-path /api/session/password \
            >"$REPORTS/api-$role.log" 2>&1) || status=1
        grep -E '^ *❌ ST|generated,' "$REPORTS/api-$role.log" || true
    done
    return "$status"
}

site() {
    local program
    ensure_curl
    program="$(python_tool wapiti3 "$WAPITI_VERSION" wapiti)"
    serve
    say 'wapiti as the front desk'
    "$program" -u "$SITE/" --cookie-value "session=$(token grace.hall)" --scope domain --flush-session --color \
        -H 'Sec-Fetch-Site: same-origin' --exclude "$SITE/signout" --exclude "$SITE/profile*" \
        --max-scan-time "${SITE_SECONDS:-300}" --max-links-per-page 10 --depth 2 --max-files-per-dir 10 --max-parameters 12 --store-session "$WORK/wapiti" --no-bugreport \
        -m 'cookieflags,crlf,csp,exec,file,http_headers,methods,permanentxss,redirect,sql,timesql,xss' \
        -f json -o "$REPORTS/site.json" >"$REPORTS/site.log" 2>&1 || true
    [ -s "$REPORTS/site.json" ] || die "wapiti made no report: $(tail -n 3 "$REPORTS/site.log")"
    # TLS is the proxy's; there is none on loopback. Modules that need a server elsewhere to call back are left out.
    python3 - "$REPORTS/site.json" <<'PYTHON'
import json, sys

found = {name: len(entries) for name, entries in json.load(open(sys.argv[1]))["vulnerabilities"].items() if entries}
print(f"{sum(found.values())} findings of wapiti: {found}")
sys.exit(bool(found))
PYTHON
}

code() {
    local program
    program="$(python_tool semgrep "$SEMGREP_VERSION" semgrep)"
    # Beside its tool semgrep looks for its own core by name.
    PATH="$(dirname "$program"):$PATH" "$program" scan --config scripts/scan/rules.yaml --metrics off --disable-version-check \
        --error --quiet --json --output "$REPORTS/code.json" src crates build.rs && echo '0 findings of semgrep'
}

crates() {
    ensure_cargo_deny
    cargo deny --all-features check
}

secrets() {
    local program
    program="$(python_tool detect-secrets "$DETECT_SECRETS_VERSION" detect-secrets-hook)"
    # What is in the baseline was looked at: values of tests and examples. The hook exits with 3 where they moved.
    git ls-files -z | xargs -0 "$program" --baseline scripts/scan/secrets.json || [ $? = 3 ] || return 1
    echo '0 new findings of detect-secrets'
}

[ $# -gt 0 ] || set -- code secrets crates api site
FAILED=()
for stage in "$@"; do
    case "$stage" in
        api | site | code | crates | secrets) ;;
        *) die "unknown stage: $stage (api site code crates secrets)" ;;
    esac
    say "$stage"
    "$stage" || FAILED+=("$stage")
done
[ "${#FAILED[@]}" = 0 ] || die "found something: ${FAILED[*]} (see $REPORTS)"
say 'nothing found'
