import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

export interface ScriptedImapOptions {
  user: string;
  password: string;
  mailbox: string;
}

export interface ScriptedImap {
  port: number;
  /** Mails in the order of their uids, which start at 1. */
  mails: Array<{ source: string; receivedAt: Date }>;
  commands: string[];
  /** The command that is never answered, for example `UID SEARCH`. */
  hangAt(command: string | null): void;
  stop(): Promise<void>;
}

/** As much of IMAP4rev1 as a search by header and a fetch of sources need, on loopback. */
export async function startScriptedImap(options: ScriptedImapOptions): Promise<ScriptedImap> {
  const sockets = new Set<Socket>();
  let hanging: string | null = null;
  const imap: ScriptedImap = {
    port: 0,
    mails: [],
    commands: [],
    hangAt: (command) => {
      hanging = command;
    },
    stop: () =>
      new Promise((closed) => {
        server.close(() => closed());
        for (const socket of sockets) socket.destroy();
      }),
  };

  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    socket.once('close', () => sockets.delete(socket));
    socket.write('* OK [CAPABILITY IMAP4rev1] ready\r\n');
    let buffered = '';
    socket.on('data', (chunk) => {
      buffered += chunk.toString('latin1');
      for (let end = buffered.indexOf('\r\n'); end >= 0; end = buffered.indexOf('\r\n')) {
        const line = buffered.slice(0, end);
        buffered = buffered.slice(end + 2);
        if (hanging === null || !line.includes(hanging)) socket.write(answer(line));
        imap.commands.push(line);
      }
    });
  });

  const isMailbox = (command: string) => command.endsWith(` "${options.mailbox}"`);

  function answer(line: string): string {
    const [, tag = '*', command = ''] = /^(\S+) (.*)$/.exec(line) ?? [];
    const ok = (...untagged: string[]) => [...untagged, `${tag} OK done`, ''].join('\r\n');
    if (command.startsWith('CAPABILITY')) return ok('* CAPABILITY IMAP4rev1');
    if (command.startsWith('LOGIN')) return login(tag, command);
    if (command === 'LIST "" ""') return ok('* LIST (\\Noselect) "/" ""');
    if (command.startsWith('LIST'))
      return ok(...(isMailbox(command) ? [`* LIST () "/" "${options.mailbox}"`] : []));
    if (/^(SELECT|EXAMINE)/.test(command)) {
      if (!isMailbox(command)) return `${tag} NO [NONEXISTENT] no such mailbox\r\n`;
      return ok(`* ${imap.mails.length} EXISTS`, '* OK [UIDVALIDITY 1] ok', '* FLAGS ()');
    }
    if (command === 'NOOP') return ok(`* ${imap.mails.length} EXISTS`);
    if (command.startsWith('UID SEARCH')) return ok(`* SEARCH ${matching(command).join(' ')}`.trimEnd());
    if (command.startsWith('UID FETCH')) return ok(...fetched(command));
    return ok();
  }

  function login(tag: string, command: string): string {
    const right = command.includes(options.user) && command.includes(options.password);
    return right ? `${tag} OK welcome\r\n` : `${tag} NO [AUTHENTICATIONFAILED] no\r\n`;
  }

  /** Every quoted or angle-bracketed argument must occur in the mail. */
  function matching(command: string): number[] {
    const wanted = [...command.matchAll(/(?:HEADER \S+|TO) (?:"([^"]*)"|(\S+))/gi)].map(
      (m) => m[1] ?? m[2] ?? '',
    );
    return imap.mails.flatMap(({ source }, i) =>
      wanted.every((text) => source.includes(text)) ? [i + 1] : [],
    );
  }

  function fetched(command: string): string[] {
    const uid = Number(/UID FETCH (\d+)/.exec(command)?.[1]);
    const mail = imap.mails[uid - 1];
    if (!mail) return [];
    const { source, receivedAt } = mail;
    return [
      `* ${uid} FETCH (UID ${uid} INTERNALDATE "${imapDate(receivedAt)}" BODY[] {${Buffer.byteLength(source)}}`,
      `${source})`,
    ];
  }

  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  imap.port = (server.address() as AddressInfo).port;
  return imap;
}

/** `22-Nov-2026 10:00:00 +0000` */
function imapDate(date: Date): string {
  const [, day, month, year, time] = date.toUTCString().split(' ');
  return `${day}-${month}-${year} ${time} +0000`;
}
