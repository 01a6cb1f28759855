import type { AddressInfo, Socket } from 'node:net';
import { SMTPServer } from 'smtp-server';
import type { SMTPServerDataStream, SMTPServerSession } from 'smtp-server';
import type { MailStore } from './mailStore.ts';
import type { SmtpFault, SmtpFaults } from './smtpFaults.ts';

const host = '127.0.0.1';
const sizeLimitBytes = 50 * 1024 * 1024;

export type SmtpListener = {
  port: number;
  setFault(fault: SmtpFault): Promise<void>;
  stop(): Promise<void>;
};

type Answer = (error?: Error | null, text?: string) => void;

/** An SMTP server that takes every mail and answers 250 only after it is committed, unless a fault says otherwise. */
export async function listenForSmtp(
  store: MailStore,
  faults: SmtpFaults,
  wantedPort: number,
): Promise<SmtpListener> {
  const sockets = new Map<number, Socket>();
  const hung = new Set<Socket>();
  const socketOf = (session: SMTPServerSession) => sockets.get(session.remotePort);

  const smtp = new SMTPServer({
    name: 'sandbox-inbox',
    banner: 'sandbox, nothing leaves this machine',
    disabledCommands: ['STARTTLS'],
    authOptional: true,
    allowInsecureAuth: true,
    disableReverseLookup: true,
    logger: false,
    size: sizeLimitBytes,
    onAuth: (auth, _session, done) => done(null, { user: auth.username ?? 'anyone' }),
    onConnect: (session, done) => {
      if (faults.take(['refuse_connection'], [])) socketOf(session)?.resetAndDestroy();
      else done();
    },
    onRcptTo: ({ address }, session, done) => {
      const fault = faults.take(['421', '450', '550', 'hang'], [address]);
      const socket = socketOf(session);
      if (fault === 'hang') {
        if (socket) hung.add(socket);
        return;
      }
      done(fault && refusal(Number(fault)));
      // 421 announces the end of the channel (RFC 5321, 3.8).
      if (fault === '421') socket?.end();
    },
    onData: (stream, session, done) => {
      void receive(stream, session, done);
    },
  });

  async function receive(
    stream: SMTPServerDataStream,
    session: SMTPServerSession,
    done: Answer,
  ): Promise<void> {
    const recipients = session.envelope.rcptTo.map((one) => one.address);
    const mailFrom = session.envelope.mailFrom ? session.envelope.mailFrom.address : '';
    try {
      const raw = Buffer.concat(await stream.toArray());
      if (stream.sizeExceeded) return done(refusal(552));
      const fault = faults.take(['drop_after_data_accepted', 'drop_after_data_lost'], recipients);
      const uid = fault === 'drop_after_data_lost' ? null : await store.accept({ mailFrom, recipients, raw });
      if (fault) socketOf(session)?.resetAndDestroy();
      else done(null, `2.0.0 Ok: queued as ${uid}`);
    } catch {
      done(refusal(451));
    }
  }

  smtp.on('error', () => undefined);
  smtp.server.on('connection', (socket: Socket) => {
    const port = socket.remotePort ?? 0;
    sockets.set(port, socket);
    socket.once('close', () => {
      sockets.delete(port);
      hung.delete(socket);
    });
  });
  const listen = (port: number) =>
    new Promise<void>((ready, failed) => {
      smtp.server.once('error', failed);
      smtp.server.listen(port, host, () => {
        smtp.server.off('error', failed);
        ready();
      });
    });
  const close = () =>
    new Promise<void>((closed) => {
      for (const socket of sockets.values()) socket.destroy();
      if (smtp.server.listening) smtp.server.close(() => closed());
      else closed();
    });

  await listen(wantedPort);
  const { port } = smtp.server.address() as AddressInfo;
  return {
    port,
    stop: close,
    setFault: async (fault) => {
      for (const socket of hung) socket.destroy();
      faults.set(fault);
      // Without a count the port itself is closed, so that clients meet a true "connection refused".
      const refuse = fault.mode === 'refuse_connection' && fault.remaining === undefined;
      if (refuse) await close();
      if (!refuse && !smtp.server.listening) await listen(port);
    },
  };
}

const refusals: Record<number, string> = {
  421: '4.3.2 Service not available, closing transmission channel',
  450: '4.2.1 Mailbox unavailable, try again later',
  451: '4.3.0 Local error in processing',
  550: '5.1.1 No such mailbox here',
  552: '5.3.4 Message too big',
};

function refusal(responseCode: number): Error {
  return Object.assign(new Error(refusals[responseCode]), { responseCode });
}
