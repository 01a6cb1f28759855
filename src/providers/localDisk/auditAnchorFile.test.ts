import { appendFile, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { AuditAnchorPoint } from '../../ports/audit.ts';
import { createAuditAnchorFile } from './auditAnchorFile.ts';

let directory: string;
let file: string;

beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), 'anchor-file-'));
  file = path.join(directory, 'kept', 'audit-anchors.jsonl');
});
afterEach(() => rm(directory, { recursive: true }));

const point = (seq: number, byte = seq): AuditAnchorPoint => ({
  seq,
  hash: Buffer.alloc(32, byte),
  at: new Date(Date.UTC(2026, 10, 22, 10, 0, seq)),
});

describe('a file of anchors', () => {
  it('gives back what was put into it, and where', async () => {
    const anchor = createAuditAnchorFile({ file });
    expect(await anchor.latest()).toBeUndefined();
    expect(await anchor.put(point(3))).toMatch(/^file:.*audit-anchors\.jsonl#L1$/);
    expect(await anchor.put(point(7))).toMatch(/#L2$/);
    expect(await createAuditAnchorFile({ file }).latest()).toEqual(point(7));
    expect(await anchor.list()).toEqual([point(3), point(7)]);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
  });

  it('never rewrites a line, and writes an anchor once', async () => {
    const anchor = createAuditAnchorFile({ file });
    await anchor.put(point(3));
    const before = await readFile(file, 'utf8');
    expect(await anchor.put(point(3))).toMatch(/#L1$/);
    expect(await readFile(file, 'utf8')).toBe(before);
    await anchor.put(point(7));
    expect((await readFile(file, 'utf8')).startsWith(before)).toBe(true);
  });

  it('refuses another hash of the same row for good', async () => {
    const anchor = createAuditAnchorFile({ file });
    await anchor.put(point(3));
    await expect(anchor.put(point(3, 9))).rejects.toMatchObject({
      kind: 'permanent',
      reason: 'anchor_conflict',
    });
    expect(await anchor.list()).toEqual([point(3)]);
  });

  it('goes on after a line that was left unfinished, and leaves it', async () => {
    const anchor = createAuditAnchorFile({ file });
    await anchor.put(point(3));
    await appendFile(file, '{"v":1,"seq":7,"ha');
    expect(await anchor.latest()).toEqual(point(3));
    expect(await anchor.put(point(7))).toMatch(/#L3$/);
    expect(await anchor.list()).toEqual([point(3), point(7)]);
    expect(await readFile(file, 'utf8')).toContain('{"v":1,"seq":7,"ha\n{');
  });

  it('takes a line for whole of which only the end of line is missing', async () => {
    const anchor = createAuditAnchorFile({ file });
    await anchor.put(point(3));
    await writeFile(file, (await readFile(file, 'utf8')).trimEnd());
    expect(await anchor.put(point(7))).toMatch(/#L2$/);
    expect(await anchor.list()).toEqual([point(3), point(7)]);
  });

  it('tells of a line that is none', async () => {
    const anchor = createAuditAnchorFile({ file });
    await anchor.put(point(3));
    await appendFile(file, '{"v":1,"seq":"many"}\n');
    await expect(anchor.latest()).rejects.toMatchObject({ kind: 'permanent', reason: 'anchor_damaged' });
    await expect(anchor.put(point(7))).rejects.toThrow(/Line 2/);
  });

  it('keeps every one of many that are put at once', async () => {
    const anchors = Array.from({ length: 20 }, (_, n) => point(n + 1));
    const places = await Promise.all(anchors.map((one) => createAuditAnchorFile({ file }).put(one)));
    expect(new Set(places).size).toBe(20);
    const anchor = createAuditAnchorFile({ file });
    expect(await anchor.list()).toEqual(anchors);
    expect(await anchor.latest()).toEqual(point(20));
  });

  it('fails with a fault of the disk', async () => {
    const anchor = createAuditAnchorFile({ file: directory });
    await expect(anchor.put(point(3))).rejects.toMatchObject({ name: 'Fault', provider: 'localDisk' });
  });
});
