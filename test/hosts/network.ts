import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { networkInterfaces } from 'node:os';

/** A switch of its own, to which each of several hosts is plugged with a network namespace around it. */
export interface Network {
  /** This machine's address in it, which all hosts reach. */
  readonly address: string;
  /** All of its addresses, as Postgres writes a network. */
  readonly cidr: string;
  addressOf(host: string): string;
  /** The command that runs its arguments in a host's network. */
  inside(host: string): string[];
  /** Pulls a host's plug: nothing gets in or out, and nobody is told. */
  cut(host: string): void;
  heal(host: string): void;
  /** Takes it all down. May be called more than once. */
  remove(): void;
}

// Set aside for trying out networks, so that nobody's real addresses are hidden (RFC 2544, appendix C.2.2).
const range = '198.18';
const prefix = 'fh';

function ip(...args: string[]): { ok: boolean; out: string; complaint: string } {
  const { status, stdout, stderr, error } = spawnSync('ip', args, { encoding: 'utf8' });
  return { ok: status === 0, out: stdout ?? '', complaint: error?.message ?? stderr };
}

function must(...args: string[]): void {
  const { ok, complaint } = ip(...args);
  if (!ok) throw new Error(`ip ${args.join(' ')}: ${complaint.trim()}`);
}

/** Whether this process has the programs and the rights that `openNetwork` needs. Tries it out. */
export function mayMakeNetworks(): boolean {
  if (process.platform !== 'linux' || !ip('-V').ok) return false;
  try {
    const network = openNetwork(['trial']);
    const [command = '', ...args] = network.inside('trial');
    const { status } = spawnSync(command, [...args, 'true']);
    network.remove();
    return status === 0;
  } catch {
    return false;
  }
}

export function openNetwork(hosts: string[]): Network {
  removeAbandoned();
  const mark = `${prefix}${process.pid.toString(36)}`;
  const bridge = `${mark}-b`;
  const net = `${range}.${freeNet()}`;
  const numberOf = (host: string) => hosts.indexOf(host);
  const plug = (host: string) => `${mark}-${numberOf(host)}`;
  const addressOf = (host: string) => `${net}.${numberOf(host) + 2}`;
  const remove = () => take(mark);
  // Whatever ends this process in an orderly way.
  process.once('exit', remove);

  function plugIn(host: string): void {
    const name = plug(host);
    must('netns', 'add', name);
    must('link', 'add', name, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name);
    must('-n', name, 'addr', 'add', `${addressOf(host)}/24`, 'dev', 'eth0');
    must('-n', name, 'link', 'set', 'lo', 'up');
    must('-n', name, 'link', 'set', 'eth0', 'up');
    must('link', 'set', name, 'master', bridge, 'up');
  }

  try {
    must('link', 'add', bridge, 'type', 'bridge');
    must('addr', 'add', `${net}.1/24`, 'dev', bridge);
    must('link', 'set', bridge, 'up');
    for (const host of hosts) plugIn(host);
  } catch (error) {
    remove();
    throw error;
  }
  return {
    address: `${net}.1`,
    cidr: `${net}.0/24`,
    addressOf,
    inside: (host) => ['ip', 'netns', 'exec', plug(host)],
    cut: (host) => must('link', 'set', plug(host), 'down'),
    heal: (host) => must('link', 'set', plug(host), 'up'),
    remove() {
      process.off('exit', remove);
      remove();
    },
  };
}

/** A third number that no interface of this machine has. */
function freeNet(): number {
  const known = Object.values(networkInterfaces()).flatMap((all) =>
    (all ?? []).map(({ address }) => address),
  );
  const free = Array.from({ length: 256 }, (_, n) => (process.pid + n) % 256).find(
    (n) => !known.some((address) => address.startsWith(`${range}.${n}.`)),
  );
  if (free === undefined) throw new Error(`All networks of ${range}.0.0/16 are in use.`);
  return free;
}

/** Removes everything whose name begins so: the interfaces first, for a namespace lives on while a process is in it. */
function take(mark: string): void {
  for (const name of names(['-br', 'link', 'show'])) if (name.startsWith(`${mark}-`)) ip('link', 'del', name);
  for (const name of names(['netns', 'list'])) if (name.startsWith(`${mark}-`)) ip('netns', 'del', name);
}

const names = (list: string[]) =>
  ip(...list)
    .out.split('\n')
    .flatMap((line) => line.split(/[\s@]/, 1));

/** What processes that were killed have left. */
function removeAbandoned(): void {
  const found = [...names(['-br', 'link', 'show']), ...names(['netns', 'list'])];
  const marks = found.flatMap((name) => new RegExp(`^(${prefix}([0-9a-z]+))-`).exec(name)?.slice(1, 3) ?? []);
  for (let at = 0; at < marks.length; at += 2) {
    const [mark = '', pid = ''] = marks.slice(at, at + 2);
    if (!existsSync(`/proc/${Number.parseInt(pid, 36)}`)) take(mark);
  }
}
