-- Books a free time for another patient with every request, by the form of the front desk; reports as report.lua does.
-- The environment names a file of patients' ids (PATIENTS), the session (COOKIE), the site (ORIGIN), the first day (FIRST_DAY).
local DOCTORS, TIMES, FIRST_HOUR, MINUTES = 20, 20, 8, 30

function init()
  count = 0
  patients = {}
  for line in io.lines(os.getenv("PATIENTS")) do
    patients[#patients + 1] = line
  end
  first_day = tonumber(os.getenv("FIRST_DAY"))
  wrk.method = "POST"
  wrk.headers["content-type"] = "application/x-www-form-urlencoded"
  wrk.headers["cookie"] = os.getenv("COOKIE")
  wrk.headers["origin"] = os.getenv("ORIGIN")
  wrk.headers["sec-fetch-site"] = "same-origin"
end

function request()
  local time = math.floor(count / DOCTORS) % TIMES
  local day = os.date("!%Y-%m-%d", first_day + math.floor(count / DOCTORS / TIMES) * 86400)
  local minute = FIRST_HOUR * 60 + time * MINUTES
  local doctor = 1 + count % DOCTORS
  local slot = string.format("%d~%s~%02d:%02d", doctor, day, math.floor(minute / 60), minute % 60)
  local body = string.format(
    "patientId=%s&shownType=%s&shownDoctor=%d&shownDate=%s&slot=%s&reason=&idempotencyKey=bench-%d",
    patients[1 + count % #patients], "vaccination", doctor, day, slot, count)
  count = count + 1
  return wrk.format(nil, nil, nil, body)
end

dofile("scripts/bench/report.lua")
