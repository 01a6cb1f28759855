import type { Drill } from '../drill.ts';
import { databaseDrills } from './database.ts';
import { diskDrills } from './disk.ts';
import { networkDrills } from './network.ts';
import { vendorDrills } from './vendors.ts';
import { webhookDrills } from './webhooks.ts';
import { workerDrills } from './workers.ts';

/** Every drill there is; a new one joins its list, and with it the suite. */
export const catalogue: Drill[] = [
  ...workerDrills,
  ...networkDrills,
  ...databaseDrills,
  ...diskDrills,
  ...vendorDrills,
  ...webhookDrills,
];

export function drillNamed(name: string): Drill {
  const drill = catalogue.find((one) => one.name === name);
  if (!drill) throw new Error(`There is no drill called ${name}.`);
  return drill;
}
