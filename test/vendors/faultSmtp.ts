import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/** Where and how the server misbehaves. */
export type SmtpBehaviour =
  | { mode: 'accept' }
  /** Greets with this instead of 220. */
  | { mode: 'greeting'; reply: string }
  | { mode: 'auth'; reply: string }
  | { mode: 'mail_from'; reply: string }
  | { mode: 'rcpt_to'; reply: string }
  /** Answers DATA itself with this instead of 354. */
  | { mode: 'data'; reply: string }
  /** Answers the final dot with this and takes nothing. */
  | { mode: 'final_dot'; reply: string }
  | { mode: 'drop_at_rcpt' }
  /** Cuts the connection at the first bytes of the message. */
  | { mode: 'drop_mid_data' }
  /** Takes the message, then cuts the connection instead of answering. */
  | { mode: 'drop_after_dot_accepted' }
  | { mode: 'drop_after_dot_lost' }
  /** Hangs up instead of greeting. */
  | { mode: 'drop_at_greeting' }
  /** Says nothing at all. */
  | { mode: 'hang_at_greeting' }
  /** Takes the message and never answers the final dot. */
  | { mode: 'hang_after_dot' }
  /** Answers 250 before the message has ended. */
  | { mode: 'answer_too_early' };

export interface TakenMail {
  from: string;
  to: string;
  /** As it was sent, dots unstuffed, without the final dot. */
  source: string;
}

export interface FaultSmtp {
  port: number;
  /** What was really taken: the truth that senders are judged by. */
  taken: TakenMail[];
  connections: number;
  behave(behaviour: SmtpBehaviour): void;
  stop(): Promise<void>;
}

interface Session {
  socket: Socket;
  from: string;
  to: string;
  data: string | null;
}

/** An SMTP server on raw sockets, loopback only, that fails in the phase it is told to. */
export async function startFaultSmtp(extensions: string[] = []): Promise<FaultSmtp> {
  let behaviour: SmtpBehaviour = { mode: 'accept' };
  const sockets = new Set<Socket>();
  const smtp: FaultSmtp = {
    port: 0,
    taken: [],
    connections: 0,
    behave: (next) => {
      behaviour = next;
    },
    stop: () =>
      new Promise((closed) => {
        server.close(() => closed());
        for (const socket of sockets) socket.destroy();
      }),
  };

  const server = createServer((socket) => {
    smtp.connections += 1;
    sockets.add(socket);
    socket.setNoDelay(true);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
    const session: Session = { socket, from: '', to: '', data: null };
    let buffered = '';
    socket.on('data', (chunk) => {
      buffered += chunk.toString('latin1');
      buffered = consume(session, buffered);
    });
    if (behaviour.mode === 'greeting') say(session, behaviour.reply);
    else if (behaviour.mode === 'drop_at_greeting') socket.end();
    else if (behaviour.mode !== 'hang_at_greeting') say(session, '220 fault.test ESMTP');
  });

  function consume(session: Session, text: string): string {
    let rest = text;
    while (!session.socket.destroyed) {
      if (session.data !== null) {
        if (rest !== '' && behaviour.mode === 'drop_mid_data') return cut(session);
        const end = `\r\n${rest}`.indexOf('\r\n.\r\n');
        if (end < 0) return rest;
        session.data = rest.slice(0, end);
        rest = rest.slice(end + 3);
        finish(session);
        continue;
      }
      const end = rest.indexOf('\r\n');
      if (end < 0) return rest;
      command(session, rest.slice(0, end));
      rest = rest.slice(end + 2);
    }
    return '';
  }

  function command(session: Session, line: string): void {
    const verb = line.slice(0, 4).toUpperCase();
    switch (verb) {
      case 'EHLO': {
        const lines = ['fault.test', ...extensions, 'AUTH PLAIN'];
        say(session, lines.map((text, i) => `250${i < lines.length - 1 ? '-' : ' '}${text}`).join('\r\n'));
        return;
      }
      case 'AUTH':
        return say(session, behaviour.mode === 'auth' ? behaviour.reply : '235 2.7.0 ok');
      case 'MAIL':
        session.from = /<(.*)>/.exec(line)?.[1] ?? '';
        return say(session, behaviour.mode === 'mail_from' ? behaviour.reply : '250 2.1.0 ok');
      case 'RCPT':
        if (behaviour.mode === 'drop_at_rcpt') return void cut(session);
        session.to = /<(.*)>/.exec(line)?.[1] ?? '';
        return say(session, behaviour.mode === 'rcpt_to' ? behaviour.reply : '250 2.1.5 ok');
      case 'DATA':
        return startData(session);
      case 'QUIT':
        say(session, '221 2.0.0 bye');
        session.socket.end();
        return;
      case 'RSET':
        return say(session, '250 2.0.0 ok');
      default:
        return say(session, '502 5.5.1 not here');
    }
  }

  function startData(session: Session): void {
    if (behaviour.mode === 'data') return say(session, behaviour.reply);
    if (behaviour.mode === 'rcpt_to') return say(session, '503 5.5.1 no recipients');
    session.data = '';
    say(session, behaviour.mode === 'answer_too_early' ? '354 go on\r\n250 2.0.0 ok' : '354 go on');
  }

  function finish(session: Session): void {
    const { from, to, data } = session;
    const source = (data ?? '').replace(/^\.\./gm, '.');
    session.data = null;
    if (behaviour.mode === 'final_dot') return say(session, behaviour.reply);
    if (behaviour.mode !== 'drop_after_dot_lost') smtp.taken.push({ from, to, source });
    if (behaviour.mode.startsWith('drop_after_dot')) return void cut(session);
    if (behaviour.mode === 'hang_after_dot' || behaviour.mode === 'answer_too_early') return;
    say(session, `250 2.0.0 Ok: queued as ${smtp.taken.length} for <${to}>`);
  }

  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  smtp.port = (server.address() as AddressInfo).port;
  return smtp;
}

function say({ socket }: Session, text: string): void {
  if (socket.writable) socket.write(`${text}\r\n`);
}

function cut({ socket }: Session): string {
  socket.resetAndDestroy();
  return '';
}
