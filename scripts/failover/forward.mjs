// A TCP switch: every connection goes to the port that a file names at that moment, as with an address that moves from
// one machine to another. Connections that are open stay with the machine that they were opened to.
//   node forward.mjs PORT FILE
import { readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';

const [port, file] = process.argv.slice(2);

createServer({ allowHalfOpen: true }, (client) => {
  const server = connect({ port: Number(readFileSync(file, 'utf8')), host: '127.0.0.1', allowHalfOpen: true });
  // A cut connection is cut on the other side too: nobody takes half an answer for a whole one.
  client.on('error', () => server.destroy());
  server.on('error', () => client.resetAndDestroy());
  client.on('close', () => server.destroy());
  server.on('close', () => client.destroy());
  client.pipe(server);
  server.pipe(client);
}).listen(Number(port), '127.0.0.1');
