// A mail server for the tests, on a port of this machine (0 or nothing: a free one). Prints the port, then each message
// that it took as a line of JSON. Whoever is called "busy" is refused once for now, whoever is called "gone" for good.
import { SMTPServer } from 'smtp-server';

const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`);
const answer = (code, words) => Object.assign(new Error(words), { responseCode: code });
const wasBusy = new Set();

const server = new SMTPServer({
  authOptional: true,
  logger: false,
  disabledCommands: ['AUTH'],
  onRcptTo({ address }, _session, done) {
    if (address.startsWith('gone')) return done(answer(550, 'no such mailbox'));
    if (address.startsWith('busy') && !wasBusy.has(address)) {
      wasBusy.add(address);
      return done(answer(451, 'try again later'));
    }
    return done();
  },
  onData(stream, { envelope }, done) {
    const parts = [];
    stream.on('data', (part) => parts.push(part));
    stream.on('end', () => {
      say({
        from: envelope.mailFrom && envelope.mailFrom.address,
        to: envelope.rcptTo.map(({ address }) => address),
        raw: Buffer.concat(parts).toString('utf8'),
      });
      done();
    });
  },
});
server.on('error', (error) => process.stderr.write(`${error.message}\n`));
const listening = server.listen(Number(process.argv[2] ?? 0), '127.0.0.1', () => say(listening.address().port));
