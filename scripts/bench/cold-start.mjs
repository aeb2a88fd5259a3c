// How long a server takes from exec to its first 200 on /ready, and its resident memory then.
//   node cold-start.mjs BINARY PORT RUNS  (settings through the environment) → "ms kibibytes", the medians
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { performance } from 'node:perf_hooks';

const [binary, port, runs] = process.argv.slice(2);

// The status line of GET /ready, or nothing while nobody listens.
function ready() {
  return new Promise((resolve) => {
    const socket = connect(Number(port), '127.0.0.1');
    socket.on('connect', () => socket.write('GET /ready HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n'));
    socket.on('data', (data) => {
      resolve(data.toString('latin1').startsWith('HTTP/1.1 200'));
      socket.destroy();
    });
    socket.on('error', () => resolve(false));
    socket.on('close', () => resolve(false));
  });
}

function residentKib(pid) {
  const status = `/proc/${pid}/status`;
  if (existsSync(status)) return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(status, 'utf8'))[1]);
  return Number(execFileSync('ps', ['-o', 'rss=', '-p', String(pid)], { encoding: 'utf8' }));
}

const median = (values) => values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
const times = [];
const memory = [];
for (let run = 0; run < Number(runs); run += 1) {
  const started = performance.now();
  const server = spawn(binary, ['serve'], { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  server.stderr.on('data', (data) => (log += data));
  const exited = once(server, 'exit');
  while (!(await ready())) {
    if (server.exitCode !== null) throw new Error(`the server ended with ${server.exitCode}: ${log}`);
    if (performance.now() - started > 120_000) throw new Error('not ready after two minutes');
    await new Promise(setImmediate);
  }
  times.push(performance.now() - started);
  memory.push(residentKib(server.pid));
  server.kill('SIGTERM');
  await exited;
}
console.log(`${median(times).toFixed(1)} ${median(memory)}`);
