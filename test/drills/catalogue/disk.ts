import { cp, mkdir, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import pg from 'pg';
import { until } from '../../acceptance/until.ts';
import type { Drill } from '../drill.ts';
import type { DrilledShop } from '../drilledShop.ts';
import { countLogged } from '../world/log.ts';
import { fillDisk, freeDisk, mountSmallDisk, unmountSmallDisk, whyNoSmallDisk } from '../world/smallDisk.ts';

/** A shop that works on the small disk already when there is no room any more. */
async function fillAtWork(shop: DrilledShop, directory: string): Promise<void> {
  await shop.openDoor();
  await Promise.all([shop.work('one', { jobsMax: 4 }), shop.work('other', { jobsMax: 4 })]);
  await shop.buy(3);
  await shop.untilCompleted(3);
  await fillDisk(directory);
  await shop.buy(30);
}

/** Counts until there are so many. */
const untilSeen = (what: string, atLeast: number, count: () => Promise<number>): Promise<number> =>
  until(what, async () => ((await count()) >= atLeast ? count() : undefined), { withinMs: 30_000 });

/** Room for all copies of the drill, once what fills it is gone: about 1.5 MB for each order, most of it the fonts of the visible line. */
const smallDiskKilobytes = 98_304;

/** The whole storage lies on it: an object gets its name by a hard link, which leads to no other disk. */
async function layUnderStorage({ places }: DrilledShop): Promise<void> {
  const masters = await mkdtemp(join(tmpdir(), 'fulfillment-masters-'));
  try {
    await cp(places.storageDirectory, masters, { recursive: true });
    await mountSmallDisk(places.storageDirectory, {
      sizeKilobytes: smallDiskKilobytes,
      owner: { uid: 0, gid: 0 },
    });
    await cp(masters, places.storageDirectory, { recursive: true });
  } finally {
    await rm(masters, { recursive: true, force: true });
  }
}

async function refusedCopies({ sql }: DrilledShop): Promise<number> {
  const [row] = await sql<{ count: number }>(
    `select count(*)::int as count from fulfillment.fulfillment_job_events
      where step = 'storage' and kind = 'effect.retry' and data::text like '%storage_full%'`,
  );
  return row?.count ?? 0;
}

/** Every job writes to it again and again. */
const hotTable = 'fulfillment.fulfillment_job_steps';
const tablespace = 'drill_small_disk';

/** Where the disk under the hot table is to be: near the server's own data, where its account comes. */
async function placeOfTable({ sqlAsAdmin }: DrilledShop): Promise<{ cluster: string; disk: string }> {
  const [row] = await sqlAsAdmin<{ cluster: string }>(`select current_setting('data_directory') as cluster`);
  const cluster = row?.cluster ?? '';
  return { cluster, disk: join(dirname(cluster), 'small-disk') };
}

/** The table alone lies on it: the server's log of what is written lies elsewhere, so the server lives on. */
async function layUnderTable(shop: DrilledShop): Promise<string> {
  const { cluster, disk } = await placeOfTable(shop);
  await mkdir(disk, { recursive: true });
  await mountSmallDisk(disk, { sizeKilobytes: 1_024, owner: await stat(cluster) });
  await shop.sqlAsAdmin(`create tablespace ${tablespace} location ${pg.escapeLiteral(disk)}`);
  await shop.sqlAsAdmin(`alter table ${hotTable} set tablespace ${tablespace}`);
  return disk;
}

async function takeFromTable(shop: DrilledShop): Promise<void> {
  const { disk } = await placeOfTable(shop);
  const made = await shop.sqlAsAdmin('select from pg_tablespace where spcname = $1', [tablespace]);
  if (made.length > 0) {
    await shop.sqlAsAdmin(`alter table ${hotTable} set tablespace pg_default`);
    await shop.sqlAsAdmin(`drop tablespace ${tablespace}`);
  }
  await unmountSmallDisk(disk);
  await rm(disk, { recursive: true, force: true });
}

export const diskDrills: Drill[] = [
  {
    name: 'no room for files',
    sentence: 'copies for which the disk has no room are stored as soon as it has',
    long: true,
    unavailable: whyNoSmallDisk,
    async strike(shop) {
      const { storageDirectory } = shop.places;
      await layUnderStorage(shop);
      await fillAtWork(shop, storageDirectory);
      // Few: after some more the circuit opens, and then hardly any is tried.
      const refused = await untilSeen('copies refused', 3, () => refusedCopies(shop));
      await freeDisk(storageDirectory);
      return { refused };
    },
    cleanUp: (shop) => unmountSmallDisk(shop.places.storageDirectory),
  },
  {
    name: 'no room for the database',
    sentence: 'what the database has no room for is waited for, and done once',
    long: true,
    unavailable: whyNoSmallDisk,
    async strike(shop) {
      const disk = await layUnderTable(shop);
      await fillAtWork(shop, disk);
      const refused = await untilSeen('records refused', 5, () =>
        countLogged(shop, 'database.unavailable', '53100'),
      );
      await freeDisk(disk);
      return { refused };
    },
    cleanUp: takeFromTable,
  },
];
