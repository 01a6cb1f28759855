import { type FileHandle, mkdir, open, readFile } from 'node:fs/promises';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { Fault } from '../../domain/fault.ts';
import type { AuditAnchor, AuditAnchorPoint } from '../../ports/audit.ts';
import { syncDirectory } from './atomicWrite.ts';
import { diskErrorCode, diskFault } from './faults.ts';

const lineShape = z.strictObject({
  v: z.literal(1),
  seq: z.int().positive(),
  hash: z.string().regex(/^[0-9a-f]{64}$/),
  at: z.iso.datetime({ precision: 3 }),
});

interface AnchorLine extends AuditAnchorPoint {
  /** 1, 2, 3 … in the file. */
  line: number;
}

/**
 * Anchors of the audit in a file of JSON lines, that is only ever added to. It belongs on a machine or a disk that those
 * who administer the database cannot write, and may carry the append-only attribute (`chattr +a`).
 *
 * Faults: `anchor_conflict` when another hash is anchored for the same row, `anchor_damaged` when a line is none; both
 * are permanent, and for a person to look at.
 */
export function createAuditAnchorFile({ file }: { file: string }): AuditAnchor {
  const target = path.resolve(file);
  const read = async () => parseLines(await readOrEmpty(target));
  const list = async () => (await read()).toSorted((one, other) => one.seq - other.seq);
  const place = ({ line }: AnchorLine) => `${pathToFileURL(target).href}#L${line}`;

  async function put(anchor: AuditAnchorPoint): Promise<string> {
    const known = findLine(await read(), anchor);
    if (known) return place(known);
    await appendLine(target, lineOf(anchor));
    // Read back: what the disk did not keep is not anchored.
    const written = findLine(await read(), anchor);
    if (!written) throw new Fault(diskFault('EIO'));
    return place(written);
  }

  return {
    put: (anchor) => asFault(() => put(anchor)),
    latest: () => asFault(async () => withoutLine((await list()).at(-1))),
    list: () => asFault(async () => (await list()).flatMap((line) => withoutLine(line) ?? [])),
  };
}

const withoutLine = (line: AnchorLine | undefined): AuditAnchorPoint | undefined =>
  line && { seq: line.seq, hash: line.hash, at: line.at };

const lineOf = ({ seq, hash, at }: AuditAnchorPoint) =>
  JSON.stringify({ v: 1, seq, hash: Buffer.from(hash).toString('hex'), at: at.toISOString() });

function findLine(lines: readonly AnchorLine[], { seq, hash }: AuditAnchorPoint): AnchorLine | undefined {
  const same = lines.filter((line) => line.seq === seq);
  if (same.some((line) => !Buffer.from(line.hash).equals(hash))) throw conflict(seq);
  return same[0];
}

function parseLines(text: string): AnchorLine[] {
  return text.split('\n').flatMap((content, index) => {
    // The beginning of a line that a power cut or a full disk has left.
    if (!content.endsWith('}')) return [];
    return [{ ...parseLine(content, index + 1), line: index + 1 }];
  });
}

function parseLine(content: string, line: number): AuditAnchorPoint {
  try {
    const { seq, hash, at } = lineShape.parse(JSON.parse(content));
    return { seq, hash: Buffer.from(hash, 'hex'), at: new Date(at) };
  } catch {
    throw damaged(line);
  }
}

async function readOrEmpty(file: string): Promise<string> {
  try {
    return await readFile(file, 'utf8');
  } catch (thrown) {
    if (diskErrorCode(thrown) === 'ENOENT') return '';
    throw thrown;
  }
}

/** In one write at the end of the file, and on the disk when it returns. */
async function appendLine(file: string, line: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  const handle = await open(file, 'a', 0o600);
  try {
    // What was left unfinished stays, as a line of its own.
    const bytes = Buffer.from(`${(await endsUnfinished(file)) ? '\n' : ''}${line}\n`);
    await writeAtOnce(handle, bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
  await syncDirectory(path.dirname(file));
}

async function endsUnfinished(file: string): Promise<boolean> {
  const text = await readFile(file, 'utf8');
  return text !== '' && !text.endsWith('\n');
}

async function writeAtOnce(handle: FileHandle, bytes: Buffer): Promise<void> {
  const { bytesWritten } = await handle.write(bytes);
  if (bytesWritten < bytes.length) throw new Fault(diskFault('ENOSPC'));
}

async function asFault<Result>(work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (thrown) {
    throw thrown instanceof Fault ? thrown : new Fault(diskFault(diskErrorCode(thrown)));
  }
}

const conflict = (seq: number) =>
  new Fault({
    kind: 'permanent',
    reason: 'anchor_conflict',
    message: `Another hash is anchored for row ${seq} of the audit.`,
    provider: 'localDisk',
  });

const damaged = (line: number) =>
  new Fault({
    kind: 'permanent',
    reason: 'anchor_damaged',
    message: `Line ${line} of the file of anchors is none.`,
    provider: 'localDisk',
  });
