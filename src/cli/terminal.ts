import pc from 'picocolors';

type Stream = Pick<NodeJS.WriteStream, 'write'> & { isTTY?: boolean; columns?: number };

export interface Terminal {
  /** Data, for the next program: one line on standard output. */
  print(line: string): void;
  /** Words for people: one line on standard error. */
  say(line: string): void;
  /** Writes over the last line of standard error; does nothing where that is no terminal. */
  sayOver(line: string): void;
  /** Colours of standard output and standard error, or none. */
  printed: ReturnType<typeof pc.createColors>;
  said: ReturnType<typeof pc.createColors>;
  /** Columns of standard output; 80 where it is no terminal. */
  columns: number;
  /** Whether somebody watches standard output, or standard error. */
  printedToPeople: boolean;
  saidToPeople: boolean;
}

export interface TerminalOptions {
  stdout: Stream;
  stderr: Stream;
  env: Readonly<Record<string, string | undefined>>;
}

const columnsUnknown = 80;

/** Where a command writes. Colours only on a terminal, and never with NO_COLOR (no-color.org) or on a dumb one. */
export function createTerminal({ stdout, stderr, env }: TerminalOptions): Terminal {
  const dumb = env['TERM'] === 'dumb';
  const coloured = !env['NO_COLOR'] && !dumb;
  const saidToPeople = stderr.isTTY === true && !dumb;
  return {
    print: (line) => void stdout.write(`${line}\n`),
    say: (line) => void stderr.write(`${line}\n`),
    sayOver: (line) => void (saidToPeople && stderr.write(`\r\u001b[K${line}`)),
    printed: pc.createColors(coloured && stdout.isTTY === true),
    said: pc.createColors(coloured && stderr.isTTY === true),
    columns: (stdout.isTTY === true && stdout.columns) || columnsUnknown,
    printedToPeople: stdout.isTTY === true,
    saidToPeople,
  };
}
