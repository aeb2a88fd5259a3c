// Keeps 64 sign-ins in flight for some seconds and counts the answers by status.
//   node sign-ins.mjs URL SECONDS → "401=120 503=3"
import { Agent, request } from 'node:http';

const [url, seconds] = process.argv.slice(2);
const inFlight = 64;
const agent = new Agent({ keepAlive: true, maxSockets: inFlight });
const end = Date.now() + Number(seconds) * 1000;
const counts = new Map();

function signIn(number) {
  return new Promise((resolve) => {
    const body = JSON.stringify({ email: `nobody-${number}@example.com`, password: 'not the right password' });
    const call = request(url, {
      agent,
      method: 'POST',
      headers: { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) },
    });
    call.on('response', (answer) => {
      answer.resume();
      answer.on('end', () => resolve(answer));
    });
    call.on('error', (error) => resolve({ statusCode: error.code, headers: {} }));
    call.end(body);
  });
}

async function caller(first) {
  for (let number = first; Date.now() < end; number += inFlight) {
    const answer = await signIn(number);
    counts.set(answer.statusCode, (counts.get(answer.statusCode) ?? 0) + 1);
    // A client that is told to come back later does so.
    if (answer.statusCode !== 401) await new Promise((resolve) => setTimeout(resolve, 1000));
  }
}

await Promise.all(Array.from({ length: inFlight }, (_, index) => caller(index)));
agent.destroy();
console.log([...counts].map(([status, count]) => `${status}=${count}`).join(' '));
