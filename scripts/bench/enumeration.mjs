// Whether the time of a refused sign-in tells whether there is such an account: an unknown name, a wrong password and a
// disabled account in turn, each time from another address and for another account, so that nothing is throttled.
//   node enumeration.mjs URL ADMIN PASSWORD SAMPLES → {"gap": ms, "p": smallest, "same": bool, "means": {…}}
import { Agent, request } from 'node:http';
import { performance } from 'node:perf_hooks';

const [url, admin, password, count] = process.argv.slice(2);
const samples = Number(count);
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

function send(method, path, body, headers = {}) {
  return new Promise((resolve, reject) => {
    const text = JSON.stringify(body);
    const options = { agent, method, headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text), ...headers } };
    const begin = performance.now();
    const call = request(url + path, options, (answer) => {
      let told = '';
      answer.on('data', (part) => (told += part));
      answer.on('end', () => resolve({ status: answer.statusCode, told, headers: answer.headers, time: performance.now() - begin }));
    });
    call.on('error', reject);
    call.end(text);
  });
}

let address = 0;
function signIn(email) {
  address += 1;
  const from = `198.18.${address >> 8}.${address & 255}`;
  return send('POST', '/api/login', { email, password: 'not the right password' }, { 'x-forwarded-for': from });
}

const entered = await send('POST', '/api/login', { email: admin, password });
const bearer = { authorization: `Bearer ${JSON.parse(entered.told).token}` };
for (let number = 0; number < samples; number += 1) {
  for (const kind of ['wrong', 'disabled']) {
    const username = `${kind}${number}`;
    const made = await send('POST', '/api/users', { username, email: `${username}@example.org`, role: 'nurse' }, bearer);
    if (made.status !== 201) throw new Error(`no account: ${made.status} ${made.told}`);
    if (kind === 'disabled') {
      const path = `/api/users/${JSON.parse(made.told).id}`;
      const done = await send('PATCH', path, { status: 'disabled' }, { ...bearer, 'if-match': '"1"' });
      if (done.status >= 300) throw new Error(`not disabled: ${done.status} ${done.told}`);
    }
  }
}

const times = { unknown: [], wrong: [], disabled: [] };
const answers = new Set();
for (let number = 0; number < samples; number += 1) {
  for (const kind of Object.keys(times)) {
    const answer = await signIn(`${kind}${number}@example.org`);
    times[kind].push(answer.time);
    answers.add(`${answer.status} ${answer.told} ${Object.keys(answer.headers).sort()}`);
  }
}
agent.destroy();

// Mann-Whitney U by the normal approximation, two-sided.
function probability(one, other) {
  const all = [...one.map((time) => [time, 0]), ...other.map((time) => [time, 1])].sort((a, b) => a[0] - b[0]);
  const ranks = all.reduce((sum, [, group], index) => (group === 0 ? sum + index + 1 : sum), 0);
  const [n, m] = [one.length, other.length];
  const u = ranks - (n * (n + 1)) / 2;
  const z = Math.abs(u - (n * m) / 2) / Math.sqrt((n * m * (n + m + 1)) / 12);
  // Abramowitz and Stegun 7.1.26 for the complementary error function.
  const x = z / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * x);
  return t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429)))) * Math.exp(-x * x);
}

const mean = (list) => list.reduce((sum, time) => sum + time, 0) / list.length;
const means = Object.fromEntries(Object.entries(times).map(([kind, list]) => [kind, Number(mean(list).toFixed(3))]));
const pairs = [['unknown', 'wrong'], ['unknown', 'disabled'], ['wrong', 'disabled']];
const p = Math.min(...pairs.map(([one, other]) => probability(times[one], times[other])));
const gap = Math.max(...Object.values(means)) - Math.min(...Object.values(means));
console.log(JSON.stringify({ gap: Number(gap.toFixed(3)), p: Number(p.toFixed(4)), same: answers.size === 1, means }));
