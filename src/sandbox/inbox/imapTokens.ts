import type { Socket } from 'node:net';

/** A command as it came: text and, between the pieces of text, literals (RFC 3501, 4.3). */
export type ImapLine = Array<string | Buffer>;

/** An atom is a keyword, number, sequence set or `BODY[…]`; a string was quoted or sent as a literal. */
export type ImapToken =
  { kind: 'atom'; text: string } | { kind: 'string'; text: string } | { kind: 'list'; items: ImapToken[] };

/** What the client sent breaks the grammar; it is answered with BAD. */
export class ImapSyntaxError extends Error {}

const commandLimitBytes = 1024 * 1024;

/** Reads commands from a connection one by one, and asks the client to go on where it announces a literal. */
export async function* readImapLines(socket: Socket): AsyncGenerator<ImapLine> {
  let rest: Buffer = Buffer.alloc(0);
  let line: ImapLine = [];
  let literalBytes = 0;
  let inLiteral = false;
  for await (const chunk of socket) {
    rest = Buffer.concat([rest, chunk as Buffer]);
    if (rest.length > commandLimitBytes) throw new ImapSyntaxError('Command too long');
    for (;;) {
      if (inLiteral) {
        if (rest.length < literalBytes) break;
        line.push(rest.subarray(0, literalBytes));
        rest = rest.subarray(literalBytes);
        inLiteral = false;
      }
      const end = rest.indexOf('\r\n');
      if (end < 0) break;
      const text = rest.subarray(0, end).toString('utf8');
      rest = rest.subarray(end + 2);
      const literal = /\{(\d{1,9})(\+?)\}$/.exec(text);
      if (literal) {
        line.push(text.slice(0, literal.index));
        literalBytes = Number(literal[1]);
        inLiteral = true;
        if (literalBytes > commandLimitBytes) throw new ImapSyntaxError('Literal too long');
        if (!literal[2]) socket.write('+ Go ahead\r\n');
      } else {
        yield [...line, text];
        line = [];
      }
    }
  }
}

const tokenPattern = /\s*(?:(\()|(\))|"((?:[^"\\]|\\.)*)"|((?:[^\s()"[]|\[[^\]]*\])+))/y;

/** Splits a command into tokens. */
export function parseTokens(line: ImapLine): ImapToken[] {
  const lists: ImapToken[][] = [[]];
  for (const piece of line) {
    if (typeof piece === 'string') readText(piece, lists);
    else lists.at(-1)?.push({ kind: 'string', text: piece.toString('utf8') });
  }
  const [tokens] = lists;
  if (lists.length !== 1 || !tokens) throw new ImapSyntaxError('Unbalanced parentheses');
  return tokens;
}

function readText(text: string, lists: ImapToken[][]): void {
  const pattern = new RegExp(tokenPattern);
  const end = text.trimEnd().length;
  while (pattern.lastIndex < end) {
    const found = pattern.exec(text);
    if (!found) throw new ImapSyntaxError('Cannot read the command');
    const [, opening, closing, quoted, atom] = found;
    if (opening) {
      lists.push([]);
    } else if (closing) {
      const items = lists.pop() ?? [];
      const outer = lists.at(-1);
      if (!outer) throw new ImapSyntaxError('Unbalanced parentheses');
      outer.push({ kind: 'list', items });
    } else if (atom !== undefined) {
      lists.at(-1)?.push({ kind: 'atom', text: atom });
    } else {
      lists.at(-1)?.push({ kind: 'string', text: (quoted ?? '').replace(/\\(.)/g, '$1') });
    }
  }
}

/** The text of an atom or string. */
export function textOf(token: ImapToken | undefined): string {
  if (!token || token.kind === 'list') throw new ImapSyntaxError('Missing argument');
  return token.text;
}

/** Which of the ascending `numbers` a set such as `1:3,7,*` names; `*` is the last one (RFC 3501, 9: seq-number). */
export function selectBySet(set: string, numbers: number[]): number[] {
  if (!/^(?:\d+|\*)(?::(?:\d+|\*))?(?:,(?:\d+|\*)(?::(?:\d+|\*))?)*$/.test(set)) {
    throw new ImapSyntaxError('Cannot read the set of messages');
  }
  const last = numbers.at(-1) ?? 0;
  const ranges = set.split(',').map((part) => {
    const ends = part.split(':').map((end) => (end === '*' ? last : Number(end)));
    return { from: Math.min(...ends), to: Math.max(...ends) };
  });
  return numbers.filter((number) => ranges.some((range) => number >= range.from && number <= range.to));
}
