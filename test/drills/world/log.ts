import { readFile } from 'node:fs/promises';
import type { World } from './world.ts';

/** How often the product has told of an event in its log, or of such an event with this in its line. */
export async function countLogged(
  { places }: Pick<World, 'places'>,
  event: string,
  containing = '',
): Promise<number> {
  const lines = (await readFile(places.logFile, 'utf8')).split('\n').filter(Boolean);
  return lines.filter((line) => line.includes(`"event":"${event}"`) && line.includes(containing)).length;
}
