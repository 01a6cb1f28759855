import pc from 'picocolors';

type Stream = Pick<NodeJS.WriteStream, 'write'> & { isTTY?: boolean };

export interface Terminal {
  /** Data, for the next program: one line on standard output. */
  print(line: string): void;
  /** Words for people: one line on standard error. */
  say(line: string): void;
  /** Colours of standard output and standard error, or none. */
  printed: ReturnType<typeof pc.createColors>;
  said: ReturnType<typeof pc.createColors>;
}

export interface TerminalOptions {
  stdout: Stream;
  stderr: Stream;
  env: Readonly<Record<string, string | undefined>>;
}

/** Where a command writes. Colours only on a terminal, and never with NO_COLOR (no-color.org) or on a dumb one. */
export function createTerminal({ stdout, stderr, env }: TerminalOptions): Terminal {
  const allowed = !env['NO_COLOR'] && env['TERM'] !== 'dumb';
  return {
    print: (line) => void stdout.write(`${line}\n`),
    say: (line) => void stderr.write(`${line}\n`),
    printed: pc.createColors(allowed && stdout.isTTY === true),
    said: pc.createColors(allowed && stderr.isTTY === true),
  };
}
