import type { AdminRun } from './adminRun.ts';

export interface Progress {
  /** @param share 0 to 1, where it is known how much there is */
  tell(words: string, share?: number): void;
  /** Clears the line that was written over. */
  end(): void;
}

const elsewhereEveryMs = 10_000;
const barCells = 24;

/** How far long work is, on standard error: one line that is written over on a terminal, one each 10 s elsewhere. */
export function createProgress({
  terminal,
  options,
  now,
}: Pick<AdminRun, 'terminal' | 'options' | 'now'>): Progress {
  let [toldAtMs, written, last] = [-Infinity, false, ''];
  const quiet = options.quiet || options.json;
  return {
    tell(words, share) {
      if (quiet) return;
      const line = share === undefined ? words : `${bar(share)} ${words}`;
      if (terminal.saidToPeople) {
        terminal.sayOver(line.slice(0, terminal.columns - 1));
        written = true;
      } else if (line !== last && now().getTime() - toldAtMs >= elsewhereEveryMs) {
        terminal.say(words);
        toldAtMs = now().getTime();
      }
      last = line;
    },
    end() {
      if (written) terminal.sayOver('');
      written = false;
    },
  };
}

function bar(share: number): string {
  const full = Math.round(Math.min(1, Math.max(0, share)) * barCells);
  return `[${'#'.repeat(full)}${'-'.repeat(barCells - full)}] ${Math.floor(share * 100)}%`;
}
