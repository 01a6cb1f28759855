import type { Config } from '../../../src/main/config.ts';
import { startService } from '../../../src/main/startService.ts';
import { type HookOrders, hooksOf } from './hooks.ts';

/** What a process of the product is to be. */
export interface ProductOrders {
  config: Config;
  http: boolean;
  worker: boolean;
  logFile: string;
  hooks: HookOrders;
}

/** What it tells whoever has started it. */
export type ProductNews =
  | { kind: 'ready' }
  | { kind: 'up' }
  | { kind: 'failed'; error: string }
  /** It comes by a boundary, in a survey. */
  | { kind: 'boundary'; boundary: string }
  /** It has heard what it was told, or goes on after it was frozen. */
  | { kind: 'heard' }
  /** Something was done to it at a boundary, and it lives on. */
  | { kind: 'struck'; boundary: string };

const tell = (news: ProductNews) => void (process.connected && process.send?.(news));
const abandoned = () => process.exit(1);

process.once('disconnect', abandoned);
process.once('message', (orders) => void run(orders as ProductOrders));
tell({ kind: 'ready' });

async function run({ config, http, worker, logFile, hooks }: ProductOrders): Promise<void> {
  try {
    const service = await startService(config, { http, worker, logFile, drill: hooksOf(hooks, tell) });
    process.once('SIGTERM', () => {
      void service.stop().finally(() => {
        process.off('disconnect', abandoned);
        process.disconnect();
      });
    });
    tell({ kind: 'up' });
  } catch (error) {
    tell({ kind: 'failed', error: String((error as Error).stack) });
  }
}
