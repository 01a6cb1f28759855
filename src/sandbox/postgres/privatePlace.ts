import { chmod, lstat, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * Directories of our own, outside the project, that every user may enter: for binaries and data that the account of
 * Postgres cannot reach where they are. The best comes first.
 */
export async function privatePlaces(): Promise<string[]> {
  const bases = [...new Set(['/var/tmp', tmpdir(), '/tmp'])];
  const places = await Promise.all(bases.map(ownPlaceIn));
  return places.filter((place) => place !== undefined);
}

async function ownPlaceIn(base: string): Promise<string | undefined> {
  const uid = process.getuid?.() ?? 0;
  const place = join(base, `fulfillment-orchestrator-${uid}`);
  try {
    await mkdir(place, { mode: 0o755 }).catch(ignoreExisting);
    const found = await lstat(place);
    // Everybody can write in /var/tmp: what another user prepared there must never be run or trusted.
    if (!found.isDirectory() || found.uid !== uid) return undefined;
    await chmod(place, 0o755);
    return place;
  } catch {
    return undefined;
  }
}

function ignoreExisting(error: NodeJS.ErrnoException): void {
  if (error.code !== 'EEXIST') throw error;
}
