import { readFileSync } from 'node:fs';

const lookEveryMs = 25;

/**
 * Calls `onExceeded` once when a process holds more memory than it may. Where the system does not tell (no `/proc`),
 * the limit of the heap alone remains.
 *
 * @returns stops watching
 */
export function watchMemory(pid: number | undefined, maxBytes: number, onExceeded: () => void): () => void {
  const timer = setInterval(() => {
    if (residentBytes(pid) > maxBytes) {
      clearInterval(timer);
      onExceeded();
    }
  }, lookEveryMs);
  timer.unref();
  return () => clearInterval(timer);
}

function residentBytes(pid: number | undefined): number {
  try {
    // By name and in kB, so that the size of a page need not be known.
    const status = readFileSync(`/proc/${pid}/status`, 'latin1');
    return Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1] ?? 0) * 1024;
  } catch {
    return 0;
  }
}
