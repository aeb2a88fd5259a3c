#!/usr/bin/env bash
# Measures what the product promises and prints one Markdown table; ratios against a bare axum
# server are taken in the same run, turn by turn.
#   scripts/bench.sh                 everything
#   scripts/bench.sh health weight   only these sections: start health list day hashing enumeration policy overhead book
#                                    schedule store recovery audit weight size postgres (with BENCH_PG_LARGE=10000000 appointments)
set -euo pipefail
# shellcheck source=scripts/tools.sh
source "$(dirname "${BASH_SOURCE[0]}")/tools.sh"
cd "$ROOT"
# The server that is measured waits for the disk, as a clinic's does.
PG_PORT="${BENCH_PG_PORT:-54331}"
PG_DURABLE=true
# shellcheck source=scripts/postgres.sh
source "$ROOT/scripts/postgres.sh"

SECTIONS='start health list day hashing enumeration policy overhead book schedule store recovery audit weight size postgres'
PORT="${BENCH_PORT:-3990}"
BARE_PORT=$((PORT + 1))
SECONDS_PER_RUN="${BENCH_SECONDS:-5}"
LARGE="${BENCH_LARGE:-1000000}"
PG_LARGE="${BENCH_PG_LARGE:-1000000}"
BINARY="$TARGET_DIR/release/healthcare"
BARE="$TARGET_DIR/release/examples/bare_axum"
URL="http://127.0.0.1:$PORT"
BARE_URL="http://127.0.0.1:$BARE_PORT"

WORK="$(mktemp -d "${TMPDIR:-/tmp}/healthcare-bench.XXXXXX")"
SERVER_PID=''
BARE_PID=''
PG_STARTED=''
stop() {
    if [ -n "$1" ] && kill "$1" 2>/dev/null; then
        wait "$1" 2>/dev/null || true
    fi
}
# shellcheck disable=SC2329 # called by the trap
clean_up() {
    stop "$SERVER_PID"
    stop "$BARE_PID"
    if [ -n "$PG_STARTED" ]; then
        pg_stop
        rm -rf "$PG_HOME"
    fi
    rm -rf "$WORK"
}
trap clean_up EXIT

# The same settings for every server measured here; nothing of the caller's shell gets in.
unset "${!DATABASE_@}" REDIS_URL METRICS_ADDR 2>/dev/null || true
unset SMTP_URL SMTP_URL_FILE MAIL_FROM PUBLIC_URL
unset JWT_SECRET JWT_SECRET_FILE ADMIN_EMAIL ADMIN_USERNAME ADMIN_PASSWORD CLINIC_NAME CLINIC_CURRENCY
export CLINIC_TIME_ZONE=Europe/London COOKIE_SECURE=false LOG_FORMAT=json DRAIN_SECONDS=0 RATE_LIMIT_PER_SECOND=0
export ADDR="127.0.0.1:$PORT"

# --- the table ---

# row what goal measured verdict
row() {
    printf '| %s | %s | %s | %s |\n' "$1" "$2" "$3" "$4" >>"$WORK/rows"
    say "$1: $3 (goal $2): $4"
}

# holds 'awk expression': "ok" or "short"
holds() { awk "BEGIN { print ($1) ? \"ok\" : \"short\" }"; }
calc() { awk "BEGIN { printf \"$1\", ($2) }"; }
json() { node -pe "JSON.parse(require('node:fs').readFileSync(0, 'utf8')).$1"; }

# --- servers ---

wait_ready() {
    local url="$1" pid="$2" tries=0
    until curl -fsS -o /dev/null "$url" 2>/dev/null; do
        kill -0 "$pid" 2>/dev/null || die "the server ended before it answered $url: $(tail -n 3 "$WORK/server.log")"
        tries=$((tries + 1))
        [ "$tries" -lt 1200 ] || die "no answer from $url within a minute"
        sleep 0.05
    done
}

serve() {
    stop "$SERVER_PID"
    DATA_DIR="$1" "$BINARY" serve >"$WORK/server.log" 2>&1 &
    SERVER_PID=$!
    wait_ready "$URL/ready" "$SERVER_PID"
}

serve_bare() {
    stop "$BARE_PID"
    ADDR="127.0.0.1:$BARE_PORT" BYTES_FILE="$1" "$BARE" >"$WORK/bare.log" 2>&1 &
    BARE_PID=$!
    wait_ready "$BARE_URL/health" "$BARE_PID"
}

# clinic N: the data directory of a clinic with N appointments, made once per run; the account
# that may sign in is in its .login file.
clinic() {
    local folder="$WORK/clinic-$1"
    if [ ! -d "$folder" ]; then
        say "writing a clinic with $1 appointments"
        "$BINARY" seed-bench --data-dir "$folder" --appointments "$1" >"$folder.login"
    fi
    printf '%s\n' "$folder"
}

# sign_in CLINIC: sets TOKEN and COOKIE of its receptionist.
sign_in() {
    local login user password
    user="$(json username <"$1.login")"
    password="$(json password <"$1.login")"
    login="$(node -pe 'JSON.stringify({ email: process.argv[1], password: process.argv[2] })' "$user" "$password")"
    TOKEN="$(curl -fsS -H 'content-type: application/json' -d "$login" "$URL/api/login" | json token)"
    COOKIE="$(curl -fsS -o /dev/null -D - -H "origin: $URL" -H 'sec-fetch-site: same-origin' \
        --data-urlencode "login=$user" --data-urlencode "password=$password" "$URL/" |
        tr -d '\r' | sed -n 's/^[Ss]et-[Cc]ookie: \([^;]*\).*/\1/p' | paste -sd';' -)"
    [ -n "$COOKIE" ] || die 'the sign-in page gave no session cookie'
}

# load connections url [wrk flags…]: sets RATE (requests/s), P50 and P99 (ms).
load() { load_with report.lua "$@"; }

# load_with script connections url [wrk flags…]: the same with requests of the script's.
load_with() {
    local script="$1" connections="$2" url="$3" answer failed
    shift 3
    answer="$(wrk "-t$((connections > 1 ? 2 : 1))" "-c$connections" "-d${SECONDS_PER_RUN}s" --latency -s "scripts/bench/$script" "$@" "$url" |
        sed -n 's/^REPORT //p')"
    read -r RATE P50 P99 failed <<<"$answer"
    [ "$failed" = 0 ] || die "$failed requests to $url failed"
    P50="$(calc %.2f "$P50 / 1000")"
    P99="$(calc %.2f "$P99 / 1000")"
}

# against_bare url bare-url [wrk flags…]: two turns each; sets RATIO, OURS and THEIRS (best rates).
against_bare() {
    local url="$1" bare_url="$2"
    shift 2
    OURS=0
    THEIRS=0
    for _ in 1 2; do
        load 16 "$bare_url"
        THEIRS="$(calc %.0f "$RATE > $THEIRS ? $RATE : $THEIRS")"
        load 16 "$url" "$@"
        OURS="$(calc %.0f "$RATE > $OURS ? $RATE : $OURS")"
    done
    RATIO="$(calc %.2f "$OURS / $THEIRS")"
}

# --- sections ---

section_start() {
    local size goal_ms goal_mib folder ms kib name
    for size in 0 100000; do
        name="$size appointments"
        [ "$size" = 0 ] && name='an empty clinic'
        if [ "$size" = 0 ]; then goal_ms=50 goal_mib=40; else goal_ms=1000 goal_mib=200; fi
        folder="$(clinic "$size")"
        stop "$SERVER_PID"
        read -r ms kib <<<"$(DATA_DIR="$folder" node scripts/bench/cold-start.mjs "$BINARY" "$PORT" 5)"
        row "cold start to ready, $name" "< $goal_ms ms" "$ms ms" "$(holds "$ms < $goal_ms")"
        row "resident memory, $name" "< $goal_mib MiB" "$(calc %.1f "$kib / 1024") MiB" "$(holds "$kib < $goal_mib * 1024")"
    done
}

section_health() {
    local folder
    folder="$(clinic 0)"
    serve "$folder"
    serve_bare /dev/null
    against_bare "$URL/health" "$BARE_URL/health"
    row "\`/health\`, 16 connections" '≥ 0.8 × bare axum' "$RATIO × ($OURS of $THEIRS/s)" "$(holds "$RATIO >= 0.8")"
}

section_list() {
    local size folder small_rate='' path='/api/appointments?limit=100'
    for size in 10000 "$LARGE"; do
        folder="$(clinic "$size")"
        serve "$folder"
        sign_in "$folder"
        curl -fsS -H "authorization: Bearer $TOKEN" -o "$WORK/list.json" "$URL$path"
        [ "$(json length <"$WORK/list.json")" = 100 ] || die "$path did not answer with 100 appointments"
        serve_bare "$WORK/list.json"
        against_bare "$URL$path" "$BARE_URL/bytes" -H "authorization: Bearer $TOKEN"
        row "\`GET $path\`, $size rows" '≥ 0.5 × bare axum sending the same bytes' \
            "$RATIO × ($OURS of $THEIRS/s)" "$(holds "$RATIO >= 0.5")"
        if [ -z "$small_rate" ]; then
            small_rate="$OURS"
        else
            row "the same at 10000 and $size rows" 'within 1.5 ×' "$(calc %.2f "$small_rate / $OURS") ×" \
                "$(holds "$small_rate / $OURS < 1.5 && $OURS / $small_rate < 1.5")"
        fi
        # A million rows are large: the next section needs the room.
        stop "$SERVER_PID"
        rm -rf "$folder"
    done
}

section_day() {
    local folder page
    folder="$(clinic 30)"
    serve "$folder"
    sign_in "$folder"
    page="$URL/appointments"
    curl -fsS -H "cookie: $COOKIE" -o "$WORK/day.html" "$page"
    load 16 "$page" -H "cookie: $COOKIE" -H 'accept: text/html'
    row 'appointments day page (SSR), 30 bookings, 16 connections' 'p50 < 3 ms, p99 < 15 ms' \
        "p50 $P50 ms, p99 $P99 ms ($(calc %.0f "$RATE")/s)" "$(holds "$P50 < 3 && $P99 < 15")"
}

section_hashing() {
    local idle answers storm folder
    folder="$(clinic 0)"
    serve "$folder"
    load 4 "$URL/health"
    idle="$P99"
    node scripts/bench/sign-ins.mjs "$URL/api/login" $((SECONDS_PER_RUN + 2)) >"$WORK/storm" &
    storm=$!
    sleep 1
    load 4 "$URL/health"
    wait "$storm"
    answers="$(cat "$WORK/storm")"
    row "p99 of \`/health\` while 64 sign-ins hash" '< 3 × its idle p99' \
        "$(calc %.2f "$P99 / $idle") × ($P99 ms, idle $idle ms; answers $answers)" "$(holds "$P99 < 3 * $idle")"
}

# Refused sign-ins at the cost of production: BENCH_SAMPLES of each kind, 2000 where there is time.
section_enumeration() {
    local found gap p samples="${BENCH_SAMPLES:-100}" password='summer hats by the door'
    (umask 077 && printf '%s\n' "$password" >"$WORK/password")
    "$BINARY" seed-demo --data-dir "$WORK/clinic-demo" --password-file "$WORK/password" >/dev/null
    TRUSTED_PROXIES=127.0.0.1 serve "$WORK/clinic-demo"
    found="$(node scripts/bench/enumeration.mjs "$URL" olivia.bennett "$password" "$samples")"
    gap="$(json gap <<<"$found")" p="$(json p <<<"$found")"
    [ "$(json same <<<"$found")" = true ] || die "the answers to refused sign-ins differ: $found"
    row "refused sign-ins: unknown, wrong password, disabled, $samples each" 'Mann-Whitney p > 0.01, mean gap < 2 ms' \
        "p $p, gap $gap ms" "$(holds "$p > 0.01 && $gap < 2")"
}

section_policy() {
    local each
    cargo build --locked --quiet --release --package healthcare-domain --example policy_bench
    each="$("$TARGET_DIR/release/examples/policy_bench")"
    row 'one decision of the policy' '< 1000 ns' "$each ns" "$(holds "$each < 1000")"
}

# One caller at a time on a route that is the same for everyone: what the token, the session and the limits cost.
section_overhead() {
    local folder turn without with=0 bare=0
    folder="$(clinic 30)"
    serve "$folder"
    sign_in "$folder"
    for turn in 1 2 3; do
        load 1 "$URL/robots.txt"
        bare="$(calc %.2f "$RATE > $bare ? $RATE : $bare")"
        load 1 "$URL/robots.txt" -H "authorization: Bearer $TOKEN"
        with="$(calc %.2f "$RATE > $with ? $RATE : $with")"
    done
    without="$(calc %.1f "1000000 / $with - 1000000 / $bare")"
    row "token and session of a request, best of $turn turns" '< 20 µs' "$without µs" "$(holds "$without < 20")"
}

# transferred url [curl flags…]: bytes of the body as sent to a browser.
transferred() {
    local url="$1"
    shift
    curl -fsS -o /dev/null -w '%{size_download}' -H 'accept-encoding: br, gzip' "$@" "$url"
}

# links page attribute: the addresses of the page's <link>s that carry the attribute.
links() {
    printf '%s' "$1" | grep -oE "<link[^>]*$2[^>]*>" | sed -E 's/.*href="?([^" >]+).*/\1/' || true
}

# page_weight path [curl flags…]: sets BYTES to the page, its style sheets and the font it preloads
# (the font for rarer letters loads only where one of them is shown).
page_weight() {
    local path="$1" html link bytes
    shift
    html="$(curl -fsS -H 'accept: text/html' "$@" "$URL$path")"
    BYTES="$(transferred "$URL$path" -H 'accept: text/html' "$@")"
    for link in $(links "$html" stylesheet) $(links "$html" preload | grep woff2); do
        bytes="$(transferred "$URL$link")"
        BYTES=$((BYTES + bytes))
    done
    ASSETS="$(printf '%s' "$html" | grep -oE '/assets/[0-9a-f]+' | head -n 1)"
}

section_weight() {
    local folder file bytes scripts=0
    folder="$(clinic 30)"
    serve "$folder"
    sign_in "$folder"
    page_weight /
    row "page weight of \`/\` before WASM" '< 60 kB' "$(calc %.1f "$BYTES / 1000") kB" "$(holds "$BYTES < 60000")"
    page_weight /appointments -H "cookie: $COOKIE"
    row "page weight of \`/appointments\` before WASM" '< 60 kB' "$(calc %.1f "$BYTES / 1000") kB" "$(holds "$BYTES < 60000")"
    for file in islands.js healthcare.js healthcare.wasm; do
        bytes="$(transferred "$URL$ASSETS/$file")"
        scripts=$((scripts + bytes))
    done
    row 'JS + WASM' '< 80 kB' "$(calc %.1f "$scripts / 1000") kB" "$(holds "$scripts < 80000")"
}

section_size() {
    local bytes
    bytes="$(wc -c <"$BINARY" | tr -d ' ')"
    row 'image (binary with its assets)' '< 30 MB' "$(calc %.1f "$bytes / 1000000") MB" "$(holds "$bytes < 30000000")"
}

# figure NAME: the values of one line of the store's figures.
figure() { sed -n "s/^$1 //p" "$WORK/store"; }

section_store() {
    local raw raw_median many p50 p99 single_p50 single_p99 rate median worst processes
    cargo build --locked --quiet --release -p healthcare-storage --features conformance --example journal_bench
    mkdir "$WORK/journal"
    "$TARGET_DIR/release/examples/journal_bench" "$WORK/journal" "$SECONDS_PER_RUN" >"$WORK/store"
    read -r raw _ <<<"$(figure raw64)"
    read -r _ raw_median <<<"$(figure raw1)"
    read -r many p50 p99 <<<"$(figure many)"
    row 'durable transactions, 1 process, 64 callers' '≥ 0.5 × the raw disk at 64 a sync; ≥ 20000/s' \
        "$(calc %.2f "$many / $raw") × ($many of $raw/s; p50 $p50 µs, p99 $p99 µs)" \
        "$(holds "$many >= 0.5 * $raw && $many >= 20000")"
    for processes in 2 4; do
        read -r rate median worst <<<"$(figure "shared$processes")"
        row "durable transactions, $processes processes on one directory" '≥ 15000/s, worst wait < 20 × median' \
            "$rate/s, worst $(calc %.1f "$worst / $median") × (median $median µs)" \
            "$(holds "$rate >= 15000 && $worst < 20 * $median")"
    done
    read -r single_p50 single_p99 <<<"$(figure single)"
    row 'commit of 1 caller' 'p50 < 2 × the raw disk, p99 < 10 ms' \
        "p50 $single_p50 µs (raw $raw_median µs), p99 $single_p99 µs" \
        "$(holds "$single_p50 < 2 * $raw_median && $single_p99 < 10000")"
    row 'a fresh read' '< 2 µs' "$(figure read) µs" "$(holds "$(figure read) < 2")"
}

# Bookings over HTTP, each durable when it is answered.
section_book() {
    local size folder
    for size in 0 "$LARGE"; do
        folder="$(clinic "$size")"
        serve "$folder"
        sign_in "$folder"
        RUN="$size" TOKEN="$TOKEN" load_with book.lua 64 "$URL/api/appointments"
        row "\`POST /api/appointments\`, 64 connections, $size rows" '≥ 10000/s' \
            "$(calc %.0f "$RATE")/s (p50 $P50 ms, p99 $P99 ms)" "$(holds "$RATE >= 10000")"
        stop "$SERVER_PID"
        [ "$size" = 0 ] || rm -rf "$folder"
    done
}

# What a clinic of twenty doctors sees of its schedule, each with 40 times a day; and bookings by the form.
section_schedule() {
    local folder="$WORK/clinic-schedule" size
    for size in "$LARGE" 0; do
        "$BINARY" seed-bench --data-dir "$folder" --appointments "$size" --doctors 20 --slot-minutes 15 >"$folder.login"
        serve "$folder"
        sign_in "$folder"
        if [ "$size" = 0 ]; then
            book_by_form "$folder"
        else
            load 1 "$URL/api/slots?days=42&type=consultation" -H "authorization: Bearer $TOKEN"
            row "free times of 20 doctors for 6 weeks, $size appointments" 'p99 < 20 ms' "p50 $P50 ms, p99 $P99 ms" \
                "$(holds "$P99 < 20")"
            load 1 "$URL/appointments?view=day" -H "cookie: $COOKIE" -H 'accept: text/html'
            row 'day grid of 20 doctors with 40 times each' 'p99 < 25 ms' "p50 $P50 ms, p99 $P99 ms" "$(holds "$P99 < 25")"
            load 1 "$URL/appointments?view=month" -H "cookie: $COOKIE" -H 'accept: text/html'
            row "month, $size appointments" '< 50 ms' "p50 $P50 ms, p99 $P99 ms" "$(holds "$P99 < 50")"
        fi
        stop "$SERVER_PID"
        rm -rf "$folder"
    done
}

# book_by_form CLINIC: every request books another free time for another patient.
book_by_form() {
    local cursor='' answer
    : >"$WORK/patients"
    while :; do
        answer="$(curl -fsS -D "$WORK/head" -H "authorization: Bearer $TOKEN" "$URL/api/patients?limit=100$cursor")"
        node -pe 'JSON.parse(require("node:fs").readFileSync(0, "utf8")).map((it) => it.id).join("\n")' <<<"$answer" >>"$WORK/patients"
        cursor="$(tr -d '\r' <"$WORK/head" | sed -n 's/^[Ll]ink: .*[?&]\(cursor=[^>]*\)>.*/\&\1/p')"
        [ -n "$cursor" ] || break
    done
    PATIENTS="$WORK/patients" COOKIE="$COOKIE" ORIGIN="$URL" FIRST_DAY="$(date -d tomorrow +%s)" \
        load_with book-form.lua 1 "$URL/appointments/new"
    row 'booking by the form, durable when answered' 'p99 < 15 ms and a flush' "p50 $P50 ms, p99 $P99 ms" "$(holds "$P99 < 15")"
}

# A server that is killed while it books starts again: snapshot, then the journal after it.
section_recovery() {
    local size goal folder ms kib
    for size in 200000 2000000; do
        if [ "$size" = 200000 ]; then goal=1000; else goal=8000; fi
        folder="$(clinic "$size")"
        serve "$folder"
        sign_in "$folder"
        RUN="$size" TOKEN="$TOKEN" load_with book.lua 64 "$URL/api/appointments"
        kill -9 "$SERVER_PID"
        wait "$SERVER_PID" 2>/dev/null || true
        read -r ms kib <<<"$(DATA_DIR="$folder" node scripts/bench/cold-start.mjs "$BINARY" "$PORT" 1)"
        row "recovery after kill -9, $size documents" "≤ $goal ms" "$ms ms" "$(holds "$ms <= $goal")"
        rm -rf "$folder"
    done
    folder="$WORK/clinic-memory"
    say 'writing a clinic with 1000000 appointments and 100000 accounts'
    "$BINARY" seed-bench --data-dir "$folder" --appointments 1000000 --users 100000 >"$folder.login"
    read -r ms kib <<<"$(DATA_DIR="$folder" node scripts/bench/cold-start.mjs "$BINARY" "$PORT" 1)"
    row 'resident memory, 1000000 appointments and 100000 accounts' '≤ 512 MiB' \
        "$(calc %.0f "$kib / 1024") MiB (ready after $ms ms)" "$(holds "$kib <= 512 * 1024")"
    rm -rf "$folder"
}

# The whole chain of a long log, hash by hash.
section_audit() {
    local folder="$WORK/clinic-audit" rate
    say "writing a log of $LARGE audit events"
    "$BINARY" seed-bench --data-dir "$folder" --appointments 0 --events "$LARGE" >"$folder.login"
    "$BINARY" audit verify --data-dir "$folder" >"$WORK/audit" 2>"$WORK/audit.errors"
    rate="$(sed -n 's|.*: \([0-9]*\) events/s$|\1|p' "$WORK/audit")"
    row "\`audit verify\`, $LARGE events" '≥ 100000 events/s' "$rate events/s" "$(holds "$rate >= 100000")"
    rm -rf "$folder"
}

sql() { "$PG_BIN/psql" --no-psqlrc --quiet --tuples-only --no-align --set ON_ERROR_STOP=1 "$DATABASE_URL" "$@"; }

# page name goal-in-ms path [connections]: the time of a page for whoever COOKIE is.
pg_page() {
    local name="$1" goal="$2" path="$3" connections="${4:-4}"
    curl -fsS -H "cookie: $COOKIE" -H 'accept: text/html' -o "$WORK/page.html" "$URL$path"
    load "$connections" "$URL$path" -H "cookie: $COOKIE" -H 'accept: text/html'
    row "PostgreSQL: $name, $connections connections" "p99 < $goal ms" \
        "p50 $P50 ms, p99 $P99 ms ($(calc %.0f "$RATE")/s)" "$(holds "$P99 < $goal")"
}

# pg_sign_in ROLE: signs in as the first demo account of the role, or as the named one.
pg_sign_in() {
    local username
    username="$(awk -v role="$1" '$1 == role || $2 == role { print $2; exit }' "$WORK/accounts")"
    printf '{"username":"%s","password":"%s"}\n' "$username" "$(cat "$WORK/password")" >"$WORK/pg.login"
    sign_in "$WORK/pg"
}

# On PostgreSQL that waits for its disk, on the same machine: the demo clinic, then with millions of rows.
section_postgres() {
    local folder documents began ms ours theirs size rate session doctors rare small_rate='' marta
    ensure_postgres
    rm -rf "$PG_HOME"
    PG_STARTED=1
    pg_start
    "$PG_BIN/psql" --quiet --no-psqlrc "$(pg_url)" -c 'CREATE DATABASE clinic'

    # The move, of many small objects.
    folder="$(clinic "$LARGE")"
    began="$(node -p 'Date.now()')"
    "$BINARY" migrate --from "json:$folder" --to "postgres:$(pg_url | sed 's,/postgres$,/clinic,')" >"$WORK/move.log"
    ms=$(($(node -p 'Date.now()') - began))
    documents="$(awk '/^same/ { rows += $3 } END { print rows }' "$WORK/move.log")"
    row "PostgreSQL: move of $documents documents from files, both sides compared" '≥ 20000 documents/s' \
        "$(calc %.0f "$documents * 1000 / $ms")/s ($(calc %.1f "$ms / 1000") s)" "$(holds "$documents * 1000 / $ms >= 20000")"
    rm -rf "$folder"

    "$PG_BIN/psql" --quiet --no-psqlrc "$(pg_url)" -c 'DROP DATABASE clinic' -c 'CREATE DATABASE clinic'
    DATABASE_URL="$(pg_url | sed 's,/postgres$,/clinic,')"
    export DATABASE_URL
    (umask 077 && printf 'a-ward-round-at-seven-past-eight\n' >"$WORK/password")
    "$BINARY" seed-demo --password-file "$WORK/password" >"$WORK/accounts"
    serve "$WORK/none"

    pg_sign_in receptionist
    session="$(sql -c 'SELECT id FROM sessions ORDER BY created_at DESC LIMIT 1')"
    doctors="$(sql -c "SELECT array_agg(id) FROM users WHERE role = 'doctor'")"
    ours=0
    theirs=0
    for _ in 1 2; do
        sql -c 'CHECKPOINT'
        RUN="$RANDOM" TOKEN="$TOKEN" load_with book.lua 64 "$URL/api/appointments"
        ours="$(calc %.0f "$RATE > $ours ? $RATE : $ours")"
        sql -c 'CHECKPOINT'
        rate="$(PGOPTIONS='' "$PG_BIN/pgbench" --no-vacuum --protocol prepared --client 64 --jobs 2 --max-tries 100 \
            --define "session=$session" --define "doctors=$doctors" \
            --time "$SECONDS_PER_RUN" --file scripts/bench/book.pgbench "$DATABASE_URL" 2>/dev/null |
            sed -n 's/^tps = \([0-9.]*\).*/\1/p')"
        theirs="$(calc %.0f "$rate > $theirs ? $rate : $theirs")"
    done
    row "PostgreSQL: \`POST /api/appointments\`, 64 connections" '≥ 0.6 × pgbench running the same statements' \
        "$(calc %.2f "$ours / $theirs") × ($ours of $theirs/s)" "$(holds "$ours >= 0.6 * $theirs")"

    sql --set "patients=1000000" --file scripts/bench/many-patients.sql >/dev/null
    for size in 10000 "$PG_LARGE"; do
        sql -c 'DELETE FROM appointments WHERE id >= 1000000000'
        sql --set "appointments=$size" --file scripts/bench/many-appointments.sql >/dev/null
        load 4 "$URL/api/appointments?limit=100" -H "authorization: Bearer $TOKEN"
        row "PostgreSQL: \`GET /api/appointments?limit=100\`, $size rows" 'p99 < 15 ms' \
            "p50 $P50 ms, p99 $P99 ms ($(calc %.0f "$RATE")/s)" "$(holds "$P99 < 15")"
        if [ -z "$small_rate" ]; then
            small_rate="$RATE"
        else
            row "the same at 10000 and $size rows" 'within 1.5 ×' "$(calc %.2f "$small_rate / $RATE") ×" \
                "$(holds "$small_rate / $RATE < 1.5 && $RATE / $small_rate < 1.5")"
        fi
    done
    pg_page 'day page' 25 /appointments
    rare="$(sql -c "SELECT replace(full_name, ' ', '+') FROM patients WHERE mrn = 'many00123456'")"
    pg_page 'patient search among 1000000, a full name' 30 "/patients?q=$rare"
    pg_page 'patient search among 1000000, three letters' 30 "/patients?q=${rare:0:3}"
    marta="$(sql -c "SELECT doc ->> 'id' FROM patients WHERE full_name = 'marta kowalska'")"
    sql --set "patient=$marta" --file scripts/bench/long-chart.sql >/dev/null
    pg_sign_in "$(sql -c "SELECT u.username FROM users u JOIN appointments a ON a.doctor_id = u.id JOIN patients p ON p.id = a.patient_id \
        WHERE p.full_name = 'marta kowalska' AND a.starts_at BETWEEN now() - interval '6 days' AND now() + interval '29 days' \
        AND a.status NOT LIKE 'cancelled%' LIMIT 1")"
    pg_page 'chart of 700 entries' 60 "/medical-records/$marta" 2
    unset DATABASE_URL
}

KNOWN="$SECTIONS"
[ $# -gt 0 ] && SECTIONS="$*"
for section in $SECTIONS; do
    declare -F "section_$section" >/dev/null || die "unknown section: $section ($KNOWN)"
done

ensure_node
ensure_curl
ensure_wrk
bash scripts/build.sh
case " $SECTIONS " in
    *' health '* | *' list '*)
        say 'building the bare axum server to compare with'
        cargo build --locked --quiet --release --example bare_axum --no-default-features --features ssr
        ;;
esac

: >"$WORK/rows"
for section in $SECTIONS; do
    say "bench section: $section"
    "section_$section"
done

printf '\n| what | goal | measured | verdict |\n|---|---|---|---|\n'
cat "$WORK/rows"
