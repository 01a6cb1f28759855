import { readFile } from 'node:fs/promises';
import type { World } from './world.ts';

/** How often the product has told of an event in its log. */
export async function countLogged({ places }: Pick<World, 'places'>, event: string): Promise<number> {
  const lines = (await readFile(places.logFile, 'utf8')).split('\n').filter(Boolean);
  return lines.filter((line) => line.includes(`"event":"${event}"`)).length;
}
