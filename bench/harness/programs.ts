import { execFile } from 'node:child_process';
import { promisify } from 'node:util';

/** Whether a program can be run at all. */
export async function isThere(program: string): Promise<boolean> {
  const failed = await promisify(execFile)(program, ['--help']).catch((error: unknown) => error);
  return !(failed instanceof Error && 'code' in failed && failed.code === 'ENOENT');
}
