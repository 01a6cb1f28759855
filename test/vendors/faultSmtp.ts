import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

/** Where a dialogue can go wrong. `mid_data`: at the first bytes of the message; `final_dot`: when it has ended. */
export const smtpPhases = [
  'greeting',
  'ehlo',
  'starttls',
  'auth',
  'mail_from',
  'rcpt_to',
  'data',
  'mid_data',
  'final_dot',
] as const;
export type SmtpPhase = (typeof smtpPhases)[number];

/** How the server misbehaves. Nothing is taken, unless it says so. */
export type SmtpBehaviour =
  | { mode: 'accept' }
  /** Answers with this instead. */
  | { mode: 'reply'; at: SmtpPhase; reply: string }
  /** Resets the connection, ends it, falls silent, or begins an answer that never ends. */
  | { mode: 'reset' | 'close' | 'hang' | 'endless'; at: SmtpPhase; taken?: boolean }
  /** Every answer comes byte by byte. */
  | { mode: 'slow'; byteEveryMs: number }
  /** Answers 250 before the message has ended, and takes it in silence. */
  | { mode: 'answer_too_early' };

export interface TakenSmtpMail {
  from: string;
  to: string;
  /** As it was sent, dots unstuffed, without the final dot. */
  source: string;
}

export interface FaultSmtp {
  port: number;
  /** What was really taken, doubles as well: the truth that senders are judged by. */
  taken: TakenSmtpMail[];
  /** How many there have been. */
  connections: number;
  /** How many are open. */
  open(): number;
  behave(behaviour: SmtpBehaviour): void;
  /** Says this on every open connection, as an answer that comes late. */
  say(reply: string): void;
  stop(): Promise<void>;
}

interface Session {
  socket: Socket;
  from: string;
  to: string;
  /** Whether a message is under way. */
  inData: boolean;
  /** It was told to speak TLS. */
  encrypted: boolean;
}

/**
 * An SMTP server on raw sockets, loopback only, that fails in the phase it is told to. Where `STARTTLS` is among its
 * extensions it agrees to it, and then speaks no TLS.
 */
export async function startFaultSmtp(extensions: string[] = []): Promise<FaultSmtp> {
  let behaviour: SmtpBehaviour = { mode: 'accept' };
  const sockets = new Set<Socket>();
  const smtp: FaultSmtp = {
    port: 0,
    taken: [],
    connections: 0,
    open: () => sockets.size,
    behave: (next) => {
      behaviour = next;
    },
    say: (reply) => {
      for (const socket of sockets) write(socket, reply);
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
    const session: Session = { socket, from: '', to: '', inData: false, encrypted: false };
    let buffered = '';
    socket.on('data', (chunk) => {
      if (session.encrypted) return write(socket, 'this is no TLS');
      buffered = consume(session, buffered + chunk.toString('latin1'));
    });
    meet(session, 'greeting', '220 fault.test ESMTP');
  });

  /** What happens in a phase: the usual answer, unless the server is to misbehave there. */
  function meet({ socket }: Session, phase: SmtpPhase, usual: string): boolean {
    if (!('at' in behaviour) || behaviour.at !== phase) {
      say(socket, usual);
      return true;
    }
    if (behaviour.mode === 'reply') say(socket, behaviour.reply);
    else if (behaviour.mode === 'reset') socket.resetAndDestroy();
    else if (behaviour.mode === 'close') socket.end();
    else if (behaviour.mode === 'endless') goOnForever(socket);
    return false;
  }

  function say(socket: Socket, text: string): void {
    if (behaviour.mode === 'slow') dribble(socket, `${text}\r\n`, behaviour.byteEveryMs);
    else write(socket, text);
  }

  /** Works off what has come, and gives back what is not yet whole. */
  function consume(session: Session, text: string): string {
    let rest = text;
    while (!session.socket.destroyed) {
      if (session.inData) {
        if (rest !== '' && 'at' in behaviour && behaviour.at === 'mid_data') {
          // What is not read keeps the rest of the message from being sent.
          session.socket.pause();
          meet(session, 'mid_data', '');
          return '';
        }
        const end = `\r\n${rest}`.indexOf('\r\n.\r\n');
        if (end < 0) return rest;
        session.inData = false;
        finish(session, rest.slice(0, end));
        rest = rest.slice(end + 3);
        continue;
      }
      const end = rest.indexOf('\r\n');
      if (end < 0) return rest;
      command(session, rest.slice(0, end));
      rest = rest.slice(end + 2);
    }
    return '';
  }

  function command(session: Session, line: string): unknown {
    const address = /<(.*)>/.exec(line)?.[1] ?? '';
    switch (line.slice(0, 4).toUpperCase()) {
      case 'EHLO': {
        const lines = ['fault.test', ...extensions, 'AUTH PLAIN'];
        const dash = (i: number) => (i < lines.length - 1 ? '-' : ' ');
        return meet(session, 'ehlo', lines.map((text, i) => `250${dash(i)}${text}`).join('\r\n'));
      }
      case 'STAR':
        session.encrypted = meet(session, 'starttls', '220 2.0.0 go ahead');
        return;
      case 'AUTH':
        return meet(session, 'auth', '235 2.7.0 ok');
      case 'MAIL':
        session.from = address;
        session.to = '';
        return meet(session, 'mail_from', '250 2.1.0 ok');
      case 'RCPT':
        if (meet(session, 'rcpt_to', '250 2.1.5 ok')) session.to = address;
        return;
      case 'DATA':
        return startData(session);
      case 'QUIT':
        say(session.socket, '221 2.0.0 bye');
        return session.socket.end();
      default:
        return say(session.socket, line.startsWith('RSET') ? '250 2.0.0 ok' : '502 5.5.1 not here');
    }
  }

  function startData(session: Session): void {
    if (session.to === '') return say(session.socket, '503 5.5.1 no recipients');
    const early = behaviour.mode === 'answer_too_early' ? '\r\n250 2.0.0 ok' : '';
    session.inData = meet(session, 'data', `354 go on${early}`);
  }

  function finish(session: Session, data: string): void {
    const { from, to } = session;
    const misbehaves = 'at' in behaviour && behaviour.at === 'final_dot';
    const takes = !misbehaves || ('taken' in behaviour && behaviour.taken === true);
    if (takes) smtp.taken.push({ from, to, source: data.replace(/^\.\./gm, '.') });
    if (behaviour.mode === 'answer_too_early') return;
    meet(session, 'final_dot', `250 2.0.0 Ok: queued as ${smtp.taken.length} for <${to}>`);
  }

  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  smtp.port = (server.address() as AddressInfo).port;
  return smtp;
}

function write(socket: Socket, text: string): void {
  if (socket.writable) socket.write(`${text}\r\n`);
}

function dribble(socket: Socket, text: string, everyMs: number): void {
  if (text === '' || !socket.writable) return;
  socket.write(text.slice(0, 1));
  setTimeout(() => dribble(socket, text.slice(1), everyMs), everyMs);
}

/** One line without end, as fast as the other side reads. */
function goOnForever(socket: Socket): void {
  if (!socket.writable) return;
  socket.write('250-'.repeat(4_096), () => setImmediate(() => goOnForever(socket)));
}
