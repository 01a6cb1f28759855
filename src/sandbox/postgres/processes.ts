import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { platform } from 'node:os';
import { promisify } from 'node:util';

const run = promisify(execFile);
const hasProc = platform() === 'linux';

/** Whether a process exists and is more than a zombie nobody has collected (common under a careless PID 1). */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
  if (!hasProc) return true;
  try {
    return fieldsAfterName(readFileSync(`/proc/${pid}/stat`, 'utf8'))[0] !== 'Z';
  } catch {
    return false;
  }
}

/** The command line of a process, its words parted by blanks; empty if there is no such process. */
export async function commandLine(pid: number): Promise<string> {
  if (hasProc) {
    const words = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    return words.split('\0').join(' ').trim();
  }
  return ask(pid, 'args=');
}

/** Something that differs between two processes that had the same pid: when it started. Empty if there is no such process. */
export async function birthMark(pid: number): Promise<string> {
  if (hasProc) {
    const line = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '');
    return fieldsAfterName(line)[19] ?? '';
  }
  return ask(pid, 'lstart=');
}

async function ask(pid: number, column: string): Promise<string> {
  const { stdout } = await run('ps', ['-ww', '-o', column, '-p', String(pid)]).catch(() => ({ stdout: '' }));
  return stdout.trim();
}

/** The name, second in /proc/<pid>/stat, may hold blanks and brackets; the fields after it are plain. */
function fieldsAfterName(line: string): string[] {
  return line.slice(line.lastIndexOf(')') + 2).split(' ');
}
