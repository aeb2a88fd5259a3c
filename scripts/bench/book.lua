-- Books a time of a doctor of its own with every request, in the old system's shape; reports as report.lua does.
-- The token comes in the environment variable TOKEN.
local threads = 0

function setup(thread)
  threads = threads + 1
  thread:set("number", threads)
end

function init()
  count = 0
  wrk.method = "POST"
  wrk.headers["content-type"] = "application/json"
  wrk.headers["authorization"] = "Bearer " .. os.getenv("TOKEN")
  -- Runs on one store must not meet each other's bookings.
  run = os.getenv("RUN") or "0"
end

function request()
  count = count + 1
  local body = string.format(
    '{"patientName":"Pat Bench %d","date":"%d-%02d-%02d","time":"10:%02d AM","doctor":"Dr Bench %s-%d-%d"}',
    count, 2031 + count % 5, 1 + count % 12, 1 + count % 28, count % 2 * 30, run, number, count)
  return wrk.format(nil, nil, nil, body)
end

dofile("scripts/bench/report.lua")
