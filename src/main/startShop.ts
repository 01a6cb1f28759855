import { readConfig } from './readConfig.ts';
import { type RunningService, type ServiceParts, startService } from './startService.ts';
import { readSurroundings } from './surroundings.ts';

export interface ShopParts extends ServiceParts {
  /** A file of variables, as `--env-file` of the command line. */
  envFile?: string;
}

/**
 * Starts the service with the configuration of the environment, as `fulfillment serve` and `fulfillment worker` do.
 *
 * @throws Error naming every variable that is missing or wrong
 */
export async function startShop({ envFile, ...parts }: ShopParts): Promise<RunningService> {
  const reading = readConfig(readSurroundings(envFile), parts.http ? 'serve' : 'worker');
  if (!reading.ok) throw new Error(['The configuration is not valid:', ...reading.problems].join('\n  '));
  return startService(reading.config, parts);
}
