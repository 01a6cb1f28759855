import { createServer } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';

export interface ScriptedImapOptions {
  user: string;
  password: string;
  mailbox: string;
}

export interface ScriptedMail {
  source: string;
  receivedAt: Date;
}

export interface ScriptedImap {
  port: number;
  /** Mails in the order of their uids, which start at 1. */
  mails: ScriptedMail[];
  /** Another one says that all uids are new. */
  uidValidity: number;
  commands: string[];
  /** The command that is never answered, for example `UID SEARCH`. */
  hangAt(command: string | null): void;
  stop(): Promise<void>;
}

/** As much of IMAP4rev1 (RFC 3501) as searches and fetches of sources and headers need, on loopback. */
export async function startScriptedImap(options: ScriptedImapOptions): Promise<ScriptedImap> {
  const sockets = new Set<Socket>();
  let hanging: string | null = null;
  const imap: ScriptedImap = {
    port: 0,
    mails: [],
    uidValidity: 1,
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

  const isMailbox = (command: string) => command.replaceAll('"', '').endsWith(` ${options.mailbox}`);

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
      return ok(`* ${imap.mails.length} EXISTS`, `* OK [UIDVALIDITY ${imap.uidValidity}] ok`, '* FLAGS ()');
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

  /** By range of uids, day of arrival, and arguments of which each must occur in the mail. */
  function matching(command: string): number[] {
    const wanted = [...command.matchAll(/(?:HEADER \S+|TO) (?:"([^"]*)"|(\S+))/gi)].map(
      (m) => m[1] ?? m[2] ?? '',
    );
    const since = / SINCE "?(\d+-\w+-\d+)"?/.exec(command)?.[1];
    const range = / UID (\S+)/.exec(command.slice('UID SEARCH'.length))?.[1];
    const inRange = range === undefined ? undefined : uidsIn(range);
    return imap.mails.flatMap(({ source, receivedAt }, i) => {
      const isYoung = since === undefined || receivedAt.getTime() >= Date.parse(`${since} UTC`);
      const fits =
        isYoung && (inRange?.includes(i + 1) ?? true) && wanted.every((text) => source.includes(text));
      return fits ? [i + 1] : [];
    });
  }

  /** `3,5:7,9:*`; a range is one in either direction, so `9:*` names the last mail in any case. */
  function uidsIn(range: string): number[] {
    const last = imap.mails.length;
    return range.split(',').flatMap((piece) => {
      const ends = piece.split(':').map((end) => (end === '*' ? last : Number(end)));
      const [low, high] = [Math.min(...ends), Math.min(Math.max(...ends), last)];
      return Array.from({ length: Math.max(high - low + 1, 0) }, (_, i) => low + i);
    });
  }

  function fetched(command: string): string[] {
    const [, range = '', items = ''] = /UID FETCH (\S+) (.*)$/.exec(command) ?? [];
    return uidsIn(range).flatMap((uid) => {
      const mail = imap.mails[uid - 1];
      return mail ? fetchedMail(uid, mail, items) : [];
    });
  }

  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  imap.port = (server.address() as AddressInfo).port;
  return imap;
}

function fetchedMail(uid: number, { source, receivedAt }: ScriptedMail, items: string): string[] {
  const lengthMax = Number(/BODY\.PEEK\[\]<0\.(\d+)>/.exec(items)?.[1] ?? Infinity);
  const named = /BODY\.PEEK\[HEADER\.FIELDS \(([^)]*)\)\]/.exec(items)?.[1];
  const [label, content] =
    named === undefined
      ? [`BODY[]${Number.isFinite(lengthMax) ? '<0>' : ''}`, source.slice(0, lengthMax)]
      : [`BODY[HEADER.FIELDS (${named})]`, headersNamed(source, named.split(' '))];
  return [
    `* ${uid} FETCH (UID ${uid} INTERNALDATE "${imapDate(receivedAt)}" ${label} {${Buffer.byteLength(content)}}`,
    `${content})`,
  ];
}

function headersNamed(source: string, names: string[]): string {
  const [head = ''] = source.split('\r\n\r\n', 1);
  const lines = head.replace(/\r\n(?=[ \t])/g, '\n').split('\r\n');
  const isNamed = (line: string) =>
    names.some((name) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`));
  return `${lines
    .filter(isNamed)
    .map((line) => `${line.replace(/\n/g, '\r\n')}\r\n`)
    .join('')}\r\n`;
}

/** `22-Nov-2026 10:00:00 +0000` */
function imapDate(date: Date): string {
  const [, day, month, year, time] = date.toUTCString().split(' ');
  return `${day}-${month}-${year} ${time} +0000`;
}
