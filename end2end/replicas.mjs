// Two servers on one data directory behind a plain TCP balancer, one of which is killed and started again every few
// seconds: what the browser tests run against when E2E_REPLICAS is set (`make replicas`).
//   node replicas.mjs BINARY   (ADDR, DATA_DIR and the other settings of the servers through the environment)
import { spawn } from 'node:child_process';
import { closeSync, openSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { dirname, join } from 'node:path';

const [binary] = process.argv.slice(2);
const [host, port] = process.env.ADDR.split(':');
const logs = dirname(process.env.DATA_DIR);
const killEvery = Number(process.env.E2E_KILL_SECONDS ?? 4) * 1000;

/** A server that is always there, except for the moment after it was killed. */
class Replica {
  constructor(number) {
    this.port = Number(port) + number;
    this.log = join(logs, `server-${number}.log`);
    this.start();
  }

  start() {
    const log = openSync(this.log, 'a');
    const env = { ...process.env, ADDR: `${host}:${this.port}` };
    this.process = spawn(binary, ['serve'], { env, stdio: ['ignore', log, log] });
    closeSync(log);
    this.process.on('exit', () => stopping || this.start());
  }

  /** A connection to it, or nothing while it is down. */
  connection() {
    return new Promise((resolve) => {
      const socket = connect(this.port, host);
      socket.once('connect', () => resolve(socket));
      socket.once('error', () => resolve(undefined));
    });
  }
}

let stopping = false;
let kills = 0;
let turn = 0;
const replicas = [new Replica(1), new Replica(2)];

/** The next replica that takes a connection, in turn. */
async function backend() {
  for (let attempt = 0; attempt < 1000; attempt += 1) {
    turn += 1;
    const socket = await replicas[turn % replicas.length].connection();
    if (socket !== undefined) return socket;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return undefined;
}

const balancer = createServer({ pauseOnConnect: true, allowHalfOpen: true }, async (client) => {
  client.on('error', () => client.destroy());
  const server = await backend();
  if (server === undefined || client.destroyed) {
    client.destroy();
    server?.destroy();
    return;
  }
  // A cut connection is cut on the other side too: nobody takes half an answer for a whole one.
  server.on('error', () => client.resetAndDestroy());
  client.on('close', () => server.destroy());
  server.on('close', () => client.destroy());
  client.pipe(server);
  server.pipe(client);
});
balancer.listen(Number(port), host);

/** Kills one replica after the other; the next one only when the one before takes connections again. */
async function killInTurn() {
  for (let victim = 0; !stopping; victim = 1 - victim) {
    await new Promise((resolve) => setTimeout(resolve, killEvery));
    const other = await replicas[1 - victim].connection();
    if (other === undefined || stopping) continue;
    other.destroy();
    replicas[victim].process.kill('SIGKILL');
    kills += 1;
    writeFileSync(join(logs, 'kills'), `${kills}\n`);
  }
}
void killInTurn();

process.on('SIGTERM', () => {
  stopping = true;
  balancer.close();
  for (const replica of replicas) replica.process.kill('SIGTERM');
  process.exit(0);
});
