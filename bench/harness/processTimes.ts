import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts CPU time in hundredths of a second (USER_HZ) whatever its own clock does. */
const tickUs = 10_000;

/** Fields of /proc/<pid>/stat behind the name, so field n of proc(5) is at n - 3. */
function statOf(pid: number | string): string[] | undefined {
  try {
    const line = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return line.slice(line.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}

const parentPid = 1;
const ownTicks = [11, 12];
const reapedChildrensTicks = [13, 14];

const sum = (fields: string[], places: number[]) =>
  places.reduce((total, place) => total + Number(fields[place] ?? 0), 0);

/** CPU time of a process, of its living children and of those it has outlived: all of Postgres, in microseconds. */
export function familyCpuUs(pid: number): number {
  const own = statOf(pid);
  if (!own) return 0;
  let ticks = sum(own, [...ownTicks, ...reapedChildrensTicks]);
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const fields = statOf(name);
    if (fields && Number(fields[parentPid]) === pid) ticks += sum(fields, ownTicks);
  }
  return ticks * tickUs;
}

export interface MachineTimes {
  allUs: number;
  /** Time in which a core worked for anybody here. */
  busyUs: number;
  /** Time that the host gave to others while this machine wanted to run. */
  stolenUs: number;
}

/** Of all cores together. */
export function machineTimes(): MachineTimes {
  const [first = ''] = readFileSync('/proc/stat', 'utf8').split('\n');
  const ticks = first.trim().split(/\s+/).slice(1, 9).map(Number);
  const [, , , idle = 0, waiting = 0, , , stolen = 0] = ticks;
  const all = ticks.reduce((total, some) => total + some, 0);
  return {
    allUs: all * tickUs,
    busyUs: (all - idle - waiting - stolen) * tickUs,
    stolenUs: stolen * tickUs,
  };
}
