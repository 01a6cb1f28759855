import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { makers } from './makers.ts';

/** One measurement: `measure.ts <way> <input as JSON>`. Says what it found as JSON. */
const [way = '', input = '{}'] = process.argv.slice(2);
const maker = makers[way];
if (!maker) throw new Error(`There is no way ${way}.`);
const paths = JSON.parse(input) as Parameters<typeof maker>[0];

const idleKb = statusKb('VmRSS');
const copy = await maker(paths);
// Before the clock starts: a worker has its code compiled and its font open.
for (let round = 0; round < 10; round += 1) {
  await copy();
  rmSync(paths.targetPath, { force: true });
}
globalThis.gc?.();
await sleep(300);
// Sets the highest mark back to what is held now (proc(5)).
writeFileSync('/proc/self/clear_refs', '5');
const before = { cpu: process.cpuUsage(), children: childrenMs(), at: performance.now() };
const made = await copy();
const { user, system } = process.cpuUsage(before.cpu);
const answer = {
  cpuMs: (user + system) / 1000 + childrenMs() - before.children,
  wallMs: performance.now() - before.at,
  memoryMb: Math.max(statusKb('VmHWM') - idleKb, made.childKb ?? 0) / 1024,
  copyBytes: statSync(paths.targetPath, { throwIfNoEntry: false })?.size ?? made.copyBytes ?? 0,
};
rmSync(paths.targetPath, { force: true });
process.stdout.write(JSON.stringify(answer));

function statusKb(field: string): number {
  return Number(
    new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0,
  );
}

/** CPU of children that have ended: a hundred ticks a second. */
function childrenMs(): number {
  const fields = readFileSync('/proc/self/stat', 'utf8').split(') ')[1]?.split(' ') ?? [];
  return (Number(fields[13] ?? 0) + Number(fields[14] ?? 0)) * 10;
}
