// Bookers that never give up: each sends a booking under a key of its own until it is acknowledged, then the next one. At the
// same time the readiness of the server is looked at. SIGTERM ends it; the report goes to standard output as JSON.
//   node bookers.mjs BASE TOKEN DATE BOOKERS ACKNOWLEDGED
// Each line of the file ACKNOWLEDGED is a booking that a booker got an answer to: which one, and its number.
import { randomUUID } from 'node:crypto';
import { appendFileSync } from 'node:fs';

const [base, token, date, bookers, file] = process.argv.slice(2);
const LAST_WORD = 35_000;

let stopping = false;
let turn = 0;
const report = { sent: 0, acknowledged: 0, replayed: 0, refusals: {}, longestWaitMs: 0, longestGapMs: 0, ready: [], fatal: null };
const started = Date.now();
let last = started;
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const count = (what) => (report.refusals[what] = (report.refusals[what] ?? 0) + 1);

/** Sends one booking once: the answer's status and number, or what went wrong. */
async function send(doctor, key) {
  report.sent += 1;
  try {
    const answer = await fetch(`${base}/api/appointments`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', authorization: `Bearer ${token}`, 'idempotency-key': `"${key}"` },
      body: JSON.stringify({ patientName: 'Failover Trial', date, time: '10:00 AM', doctor }),
      signal: AbortSignal.timeout(LAST_WORD),
    });
    const text = await answer.text();
    return { status: answer.status, text, replayed: answer.headers.has('idempotency-replayed') };
  } catch (error) {
    return { status: error.name === 'TimeoutError' ? 'no answer' : 'cut', text: String(error.cause ?? error) };
  }
}

/** Books one time; a doctor for each booking, so that one that is done twice is seen. */
async function book() {
  const which = (turn += 1);
  const key = randomUUID();
  const begun = Date.now();
  while (report.fatal === null) {
    const { status, text, replayed } = await send(`Dr. Failover ${which}`, key);
    if (status === 201) {
      appendFileSync(file, `${which}|${JSON.parse(text).id}\n`);
      report.acknowledged += 1;
      report.longestGapMs = Math.max(report.longestGapMs, Date.now() - last);
      last = Date.now();
      if (replayed) report.replayed += 1;
      report.longestWaitMs = Math.max(report.longestWaitMs, Date.now() - begun);
      return;
    }
    count(status);
    // Only what says that another try may help is tried again.
    if (typeof status === 'number' && status < 500 && status !== 429) report.fatal = `${status} ${text}`;
    if (stopping && Date.now() - begun > LAST_WORD) return;
    await pause(100 + Math.random() * 200);
  }
}

async function booker() {
  while (!stopping && report.fatal === null) await book();
}

/** Notes each change of what the server says of itself. */
async function watch() {
  while (!stopping) {
    let status = 'none';
    try {
      const answer = await fetch(`${base}/ready`, { signal: AbortSignal.timeout(2_000) });
      status = answer.status;
      await answer.arrayBuffer();
    } catch {
      // No answer within two seconds is an answer.
    }
    if (report.ready.at(-1)?.status !== status) report.ready.push({ status, at: Date.now() });
    await pause(50);
  }
}

process.on('SIGTERM', () => (stopping = true));
await Promise.all([watch(), ...Array.from({ length: Number(bookers) }, booker)]);
report.seconds = (Date.now() - started) / 1000;
console.log(JSON.stringify(report));
