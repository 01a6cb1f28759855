import { stopPostmaster, type Postmaster } from './postmaster.ts';

const LOOK_EVERY_MS = 250;
const LONGEST_PAUSE_MS = 30_000;

export interface KeptAlive {
  current(): Postmaster;
  /** Ends the watch and the server. */
  stop(): Promise<void>;
}

export interface KeepAliveOptions {
  first: Postmaster;
  restart: () => Promise<Postmaster>;
  log: (message: string) => void;
}

/** Starts a server again that dies without having been told to. Keeps no process from ending. */
export function keepAlive({ first, restart, log }: KeepAliveOptions): KeptAlive {
  let current = first;
  let failures = 0;
  let notBefore = 0;
  let underway: Promise<void> | undefined;
  let stopped: Promise<void> | undefined;

  const revive = async () => {
    if (failures === 0) log(`Postgres (process ${current.pid}) has died. Starting it again.`);
    try {
      current = await restart();
      failures = 0;
      log(`Postgres runs again (process ${current.pid}).`);
    } catch (error) {
      failures += 1;
      notBefore = performance.now() + Math.min(LONGEST_PAUSE_MS, 500 * 2 ** failures);
      log((error as Error).message);
    }
  };
  const look = () => {
    if (underway || current.isAlive() || performance.now() < notBefore) return;
    underway = revive().finally(() => {
      underway = undefined;
    });
  };
  const timer = setInterval(look, LOOK_EVERY_MS).unref();
  const stop = async () => {
    clearInterval(timer);
    await underway;
    await stopPostmaster(current);
  };
  return {
    current: () => current,
    stop: () => (stopped ??= stop()),
  };
}
