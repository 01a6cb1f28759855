import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { chmod, chown, mkdir, mkdtemp, rm, utimes, writeFile } from 'node:fs/promises';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../acceptance/until.ts';

/** Where Debian puts it, ordinary users do not look. */
const env = { ...process.env, PATH: `${process.env['PATH']}:/usr/sbin` };

/** Whether Postfix is installed, and this user may run it: its master starts servers under other users. */
export const hasPostfix = (): boolean =>
  process.getuid?.() === 0 && spawnSync('postconf', ['-d', 'mail_version'], { env }).status === 0;

export interface HeldMail {
  from: string;
  /** All recipients, with the copy that the server adds. */
  to: string[];
  /** As it came, without the header that the server has put before it. */
  source: string;
}

/** Doors to one mail system, each with a policy of its own. */
const doors = ['holding', 'deferring', 'forgetful', 'trusting'] as const;
export type PostfixDoor = (typeof doors)[number];

export interface Postfix {
  /**
   * `holding`: what it takes stays in the queue. `deferring`: every recipient may come again later. `forgetful`: it knows
   * nobody. `trusting`: it takes mail for whom it does not know, delivers, and sends back what it cannot.
   */
  ports: Record<PostfixDoor, number>;
  /** What the holding door has taken, oldest first. */
  held(): HeldMail[];
  forget(): void;
  /** The mails in a mailbox: `jan`, `bounces` or `journal`. */
  mailbox(name: string): Buffer[];
  stop(): Promise<void>;
}

export const postfixJournal = 'journal@shop.example';

/** Postfix with a configuration, a queue and mailboxes of its own in a temporary directory, on loopback only. */
export async function startPostfix(): Promise<Postfix> {
  const home = await mkdtemp(join(tmpdir(), 'fulfillment-postfix-'));
  const ports = await freePorts();
  const place = (name: string) => join(home, name);
  await settle(home, ports);
  // The master itself, which can be ended as any process: the command `postfix` starts it and goes.
  const child = spawn(masterProgram(), ['-c', place('etc'), '-s'], { env, stdio: 'ignore' });
  const stop = async () => {
    await end(child);
    await rm(home, { recursive: true, force: true });
  };
  try {
    await until('Postfix', () => answers(ports.holding), { withinMs: 10_000, everyMs: 20 });
  } catch (error) {
    const log = existsSync(place('log')) ? readFileSync(place('log'), 'utf8') : 'It has logged nothing.';
    await stop();
    throw new Error(`Postfix does not answer. ${log}`, { cause: error });
  }
  const holdDirectory = place('queue/hold');
  return {
    ports,
    held: () =>
      readdirSync(holdDirectory)
        .toSorted()
        .map((id) => readHeld(place('etc'), join(holdDirectory, id))),
    forget: () => {
      for (const id of readdirSync(holdDirectory)) rmSync(join(holdDirectory, id));
    },
    mailbox: (name) => {
      const arrived = place(`mail/${name}/new`);
      if (!existsSync(arrived)) return [];
      return readdirSync(arrived)
        .toSorted()
        .map((file) => readFileSync(join(arrived, file)));
    },
    stop,
  };
}

async function settle(home: string, ports: Record<PostfixDoor, number>): Promise<void> {
  const owner = ownerOfMail();
  const { uid, gid } = owner;
  await chmod(home, 0o755);
  for (const name of ['etc', 'queue', 'queue/pid']) await mkdir(join(home, name), { mode: 0o755 });
  for (const name of ['data', 'mail', ...queues.map((queue) => `queue/${queue}`)]) {
    await mkdir(join(home, name), { mode: 0o700 });
    await chown(join(home, name), uid, gid);
  }
  await writeFile(join(home, 'etc/main.cf'), mainSettings(home, owner));
  // Settings that have just been written might be written on: it would wait for two seconds and read them again.
  await utimes(join(home, 'etc/main.cf'), new Date(0), new Date(0));
  await writeFile(join(home, 'etc/master.cf'), services(ports));
}

const queues = [
  'active',
  'bounce',
  'corrupt',
  'defer',
  'deferred',
  'flush',
  'hold',
  'incoming',
  'maildrop',
  'private',
  'public',
  'saved',
  'trace',
];

function masterProgram(): string {
  const asked = spawnSync('postconf', ['-dh', 'daemon_directory'], { env, encoding: 'utf8' });
  return join(asked.stdout.trim(), 'master');
}

function ownerOfMail(): { uid: number; gid: number } {
  const [uid = 0, gid = 0] = ['-u', '-g'].map((which) =>
    Number(spawnSync('id', [which, 'postfix'], { encoding: 'utf8' }).stdout),
  );
  return { uid, gid };
}

/** postconf(5). No name is looked up, and nothing leaves the machine: there is no client service. */
const mainSettings = (home: string, { uid, gid }: { uid: number; gid: number }) => `
compatibility_level = 3.6
queue_directory = ${home}/queue
data_directory = ${home}/data
maillog_file = ${home}/log
maillog_file_prefixes = ${home}
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mail.shop.example
mydestination =
mynetworks = 127.0.0.0/8
disable_dns_lookups = yes
smtpd_peername_lookup = no
enable_long_queue_ids = yes
alias_maps =
always_bcc = ${postfixJournal}
virtual_mailbox_domains = example.pl, shop.example
virtual_mailbox_base = ${home}/mail
virtual_mailbox_maps = inline:{ { jan@example.pl = jan/ } { bounces@shop.example = bounces/ } { ${postfixJournal} = journal/ } }
virtual_uid_maps = static:${uid}
virtual_gid_maps = static:${gid}
virtual_minimum_uid = 1
`;

/** master(5). */
const services = (ports: Record<PostfixDoor, number>) => `
127.0.0.1:${ports.holding} inet n - n - - smtpd
  -o { smtpd_data_restrictions = check_client_access static:HOLD }
127.0.0.1:${ports.deferring} inet n - n - - smtpd
  -o { smtpd_recipient_restrictions = check_client_access static:{450 4.2.1 come later} }
127.0.0.1:${ports.forgetful} inet n - n - - smtpd
  -o { virtual_mailbox_maps = inline:{ somebody@example.pl=somebody/ } }
127.0.0.1:${ports.trusting} inet n - n - - smtpd
  -o smtpd_reject_unlisted_recipient=no
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
postlog unix-dgram n - n - 1 postlogd
`;

function readHeld(settings: string, file: string): HeldMail {
  const told = (what: string) =>
    spawnSync('postcat', ['-c', settings, what, file], { env, encoding: 'latin1' }).stdout;
  const envelope = told('-e');
  const [, from = ''] = /^sender: (.*)$/m.exec(envelope) ?? [];
  const to = [...envelope.matchAll(/^recipient: (.*)$/gm)].map(([, address = '']) => address);
  const source = told('-bh').replace(/^Received: .*\n(?:[ \t].*\n)*/, '');
  return { from, to, source: source.replace(/\n/g, '\r\n') };
}

/** The master ends its servers itself. */
async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill('SIGTERM');
  await ended;
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('data', () => {
      socket.end('QUIT\r\n');
      resolve(true);
    });
    socket.once('error', () => resolve(false));
  });

async function freePorts(): Promise<Record<PostfixDoor, number>> {
  // All at once, so that no two are the same.
  const listeners = doors.map(() => createServer());
  const ports = await Promise.all(
    listeners.map(async (listener) => {
      await new Promise<void>((ready) => listener.listen(0, '127.0.0.1', ready));
      return (listener.address() as AddressInfo).port;
    }),
  );
  await Promise.all(listeners.map((listener) => new Promise((closed) => listener.close(closed))));
  return Object.fromEntries(doors.map((door, i) => [door, ports[i] ?? 0])) as Record<PostfixDoor, number>;
}
