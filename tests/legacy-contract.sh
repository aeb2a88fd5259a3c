#!/usr/bin/env bash
# Shows that a running server answers the twelve endpoints as a client of the old system expects.
# Needs bash and curl; starts nothing. Ends with 1 at the first deviation.
#
#   BASE_URL          where the server listens, http://127.0.0.1:3000
#   ADMIN_LOGIN       an administrator's e-mail address or username (needed)
#   ADMIN_PASSWORD    the password (needed)
#   RECEPTION_LOGIN, RECEPTION_PASSWORD   staff who write; made with the administrator's
#   DOCTOR_LOGIN, DOCTOR_PASSWORD         account when left out
#   BILLING_LOGIN, BILLING_PASSWORD
#   VISIT_DATE        a day that can be booked, in 30 days when left out
set -euo pipefail

base=${BASE_URL:-http://127.0.0.1:3000}
base=${base%/}
: "${ADMIN_LOGIN:?set ADMIN_LOGIN}" "${ADMIN_PASSWORD:?set ADMIN_PASSWORD}"
visit_date=${VISIT_DATE:-$(date -u -d '+30 days' +%F 2>/dev/null || date -u -v+30d +%F)}
run=$$-$RANDOM
status='' body='' token=''

fail() {
    printf 'FAILED  %s\n        %s\n' "$1" "$body" >&2
    exit 1
}

# request METHOD PATH [BODY]: sends it, with $token if there is one; sets $status and $body.
request() {
    local arguments=(--silent --show-error --request "$1" --header 'Accept: application/json' --write-out '\n%{http_code}')
    if [[ -n $token ]]; then arguments+=(--header "Authorization: Bearer $token"); fi
    if [[ $# -gt 2 ]]; then arguments+=(--header 'Content-Type: application/json' --data "$3"); fi
    local answer
    answer=$(curl "${arguments[@]}" "$base$2")
    status=${answer##*$'\n'}
    body=${answer%$'\n'*}
}

# expect STATUS METHOD PATH [BODY]: sends it, and the answer has this status.
expect() {
    local wanted=$1
    shift
    request "$@"
    if [[ $status != "$wanted" ]]; then fail "$1 $2: $status instead of $wanted"; fi
    printf 'ok      %s %s %s\n' "$status" "$1" "$2"
}

# holds TEXT…: the last answer holds each of these.
holds() {
    local text
    for text in "$@"; do
        if [[ $body != *"$text"* ]]; then fail "no $text in the answer"; fi
    done
}

# value NAME: the value of the first field of this name in the last answer.
value() {
    sed -E "s/.*\"$1\":\"?([^\",}]*).*/\1/" <<<"$body"
}

# sign_in LOGIN PASSWORD: sets $token.
sign_in() {
    token=''
    expect 200 POST /api/login "{\"email\":\"$1\",\"password\":\"$2\"}"
    holds '"message":' '"username":' '"token":'
    token=$(value token)
}

# staff ROLE LOGIN PASSWORD: signs in with this account, or with one made for the purpose.
staff() {
    local login=$2 password=$3
    if [[ -z $login ]]; then
        login=$1-$run
        sign_in "$ADMIN_LOGIN" "$ADMIN_PASSWORD" >/dev/null
        expect 201 POST /api/users "{\"username\":\"$login\",\"email\":\"$login@example.org\",\"role\":\"$1\"}" >/dev/null
        password=$(value password)
        sign_in "$login" "$password" >/dev/null
        expect 200 PUT /api/session/password "{\"current\":\"$password\",\"new\":\"contract boots $run\"}" >/dev/null
        password="contract boots $run"
    fi
    sign_in "$login" "$password" >/dev/null
    if [[ $body == *'"mustChangePassword":true'* ]]; then fail "$login must choose a password of its own first"; fi
}

printf 'The twelve endpoints of the old system at %s\n' "$base"

# 1-3: status and probes
expect 200 GET /
expect 200 GET /health
holds '"status":"healthy"' '"timestamp":' '"service":"healthcare-backend"' "\"storage\":\"${STORAGE:-file-based}\""
expect 200 GET /ready
holds '"status":"ready"' '"data":{' '"users":' '"appointments":' '"medicalRecords":' '"billings":'

# 4: sign-up
account="{\"username\":\"john-$run\",\"email\":\"john-$run@example.com\",\"password\":\"correct horse\"}"
expect 201 POST /api/signup "$account"
holds '"message":' '"userId":'
expect 400 POST /api/signup "$account"
holds '"message":'
expect 400 POST /api/signup "{\"username\":\"jane-$run\",\"password\":\"correct horse\"}"
holds '"message":'

# 5: sign-in
expect 401 POST /api/login "{\"email\":\"john-$run@example.com\",\"password\":\"wrong horse\"}"
holds '"message":'
sign_in "john-$run@example.com" 'correct horse'
sign_in "john-$run" 'correct horse'
sign_in "$ADMIN_LOGIN" "$ADMIN_PASSWORD"
holds '"redirectTo":"/admin"'

# 6: users
expect 200 GET /api/users
holds '[{' '"id":' '"username":' '"email":' '"createdAt":'
# shellcheck disable=SC2016 # a dollar sign is meant
if [[ $body == *'"password"'* || $body == *'$2'* ]]; then fail 'passwords in the list of users'; fi

# 7-8: appointments
staff receptionist "${RECEPTION_LOGIN:-}" "${RECEPTION_PASSWORD:-}"
visit="{\"patientName\":\"John Doe\",\"date\":\"$visit_date\",\"time\":\"10:00 AM\",\"doctor\":\"Dr. Contract $run\"}"
expect 201 POST /api/appointments "$visit"
holds '"id":' '"patientName":"John Doe"' "\"date\":\"$visit_date\"" '"time":"10:00 AM"' "\"doctor\":\"Dr. Contract $run\"" '"createdAt":'
expect 409 POST /api/appointments "$visit"
holds '"message":'
expect 200 GET /api/appointments
holds '[{' "\"doctor\":\"Dr. Contract $run\""

# 9-10: medical records
staff doctor "${DOCTOR_LOGIN:-}" "${DOCTOR_PASSWORD:-}"
expect 201 POST /api/medicalrecords "{\"patientName\":\"John Contract $run\",\"condition\":\"Hypertension\",\"treatment\":\"Lisinopril 10mg daily\"}"
holds '"id":' "\"patientName\":\"John Contract $run\"" '"condition":"Hypertension"' '"treatment":"Lisinopril 10mg daily"' '"createdAt":'
expect 200 GET /api/medicalrecords
holds '[{' "John Contract $run"

# 11-12: bills
staff billing "${BILLING_LOGIN:-}" "${BILLING_PASSWORD:-}"
expect 201 POST /api/billings "{\"patientName\":\"John Contract $run\",\"amount\":150.75,\"paymentMethod\":\"Credit Card\"}"
holds '"id":' '"amount":150.75' '"paymentMethod":"Credit Card"' '"createdAt":'
expect 200 GET /api/billings
holds '[{' "John Contract $run"

# Without signing in none of it is told: the one deliberate break with the old system.
token=''
for path in users appointments medicalrecords billings; do
    expect 401 GET "/api/$path"
    holds '"message":'
done

printf 'All twelve answer as clients of the old system expect.\n'
