import { readdir, rm } from 'node:fs/promises';
import path from 'node:path';

/** Takes away what a child that was ended half way had begun to write. A directory that is not there is empty. */
export async function emptyDirectory(directory: string): Promise<void> {
  const names = await readdir(directory).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  await Promise.all(names.map((name) => rm(path.join(directory, name), { force: true })));
}
