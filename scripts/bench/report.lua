-- One line that scripts/bench.sh reads: requests per second, p50 and p99 in microseconds, failed answers.
done = function(summary, latency, requests)
  local errors = summary.errors
  io.write(string.format("REPORT %.1f %d %d %d\n",
    summary.requests * 1e6 / summary.duration,
    latency:percentile(50), latency:percentile(99),
    errors.status + errors.connect + errors.read + errors.write + errors.timeout))
end
