import { createInterface } from 'node:readline';

/** Asks the person before the terminal. */
export interface Asking {
  /** Whether there is one: both ends are a terminal. */
  interactive: boolean;
  /** @returns what was typed, trimmed; undefined when the input has ended */
  ask(question: string): Promise<string | undefined>;
}

export interface AskingOptions {
  stdin: NodeJS.ReadStream;
  stderr: NodeJS.WriteStream;
  /** Ctrl-C while a question is open: readline takes it from the terminal, and it is passed on. */
  interrupted(): void;
}

/** Questions go to standard error, so that standard output holds data alone. */
export function createAsking({ stdin, stderr, interrupted }: AskingOptions): Asking {
  return {
    interactive: stdin.isTTY && stderr.isTTY,
    ask: (question) =>
      new Promise((resolve) => {
        const lines = createInterface({ input: stdin, output: stderr });
        lines.on('SIGINT', () => {
          interrupted();
          lines.close();
        });
        lines.on('close', () => resolve(undefined));
        lines.question(question, (answer) => {
          resolve(answer.trim());
          lines.close();
        });
      }),
  };
}
