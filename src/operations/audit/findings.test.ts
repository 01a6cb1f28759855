import { describe, expect, it } from 'vitest';
import type { AuditProblem } from '../../domain/auditProblem.ts';
import { chainFindings, type ChainSeen } from './findings.ts';

const told = (problems: AuditProblem[], seen: Partial<ChainSeen> = {}) =>
  chainFindings({ problems, lastSeq: 20, headSeq: 20, prunedTo: 0, toldPrunedTo: 0, ...seen }).map(
    ({ sentence }) => sentence,
  );

const link = (seq: number): AuditProblem => ({ kind: 'broken_link', seq });

describe('what was done to the log, in words', () => {
  it.each<[sentence: string, problems: AuditProblem[], seen?: Partial<ChainSeen>]>([
    [
      'Row 5 was changed after being written: the text does not give the hash any more.',
      [{ kind: 'changed', seq: 5 }],
    ],
    [
      'Rows 5 to 7 were changed after being written: the text does not give the hash any more.',
      [{ kind: 'changed', seq: 5, toSeq: 7 }, link(5), link(8)],
    ],
    ['Row 5 was removed.', [{ kind: 'missing', seq: 5, toSeq: 5 }]],
    [
      'Rows 1 to 3 were removed from the beginning of the log, and not by pruning.',
      [{ kind: 'missing', seq: 1, toSeq: 3 }],
    ],
    [
      'Row 4 was removed from the beginning of the log, and not by pruning.',
      [{ kind: 'missing', seq: 1, toSeq: 4 }],
      { toldPrunedTo: 3 },
    ],
    [
      'The checkpoint of row 3 is gone, up to which the log was pruned and from which it goes on.',
      [{ kind: 'missing', seq: 1, toSeq: 3 }],
      { toldPrunedTo: 3 },
    ],
    [
      'Rows 18 to 20 were removed from the end of the log, of which its head still knows.',
      [{ kind: 'missing', seq: 18, toSeq: 20 }],
      { lastSeq: 17 },
    ],
    ['A second row was put in under the number 5.', [{ kind: 'repeated', seq: 5 }]],
    ['A row was put in under the number 0, which is never given.', [{ kind: 'repeated', seq: 0 }]],
    [
      "Rows 19 to 20 were put in at the end: the log's head names row 18 as the last.",
      [{ kind: 'beyond_head', seq: 19, toSeq: 20 }],
      { headSeq: 18 },
    ],
    [
      'Row 5 was changed and hashed anew, alone or with rows before it: row 6 does not follow from it.',
      [link(6)],
    ],
    [
      'Row 5 was exchanged for others: row 5 does not follow from row 4, nor row 6 from row 5.',
      [link(5), link(6)],
    ],
    ['Row 1 was exchanged, or what it follows from: it does not begin the log.', [link(1)]],
    [
      'Row 9 was exchanged, or what it follows from: it does not follow from the checkpoint of row 8.',
      [link(9)],
      { prunedTo: 8 },
    ],
    ["The log's head was removed: whether row 20 was the last cannot be said.", [], { headSeq: null }],
  ])('%s', (sentence, problems, seen) => {
    expect(told(problems, seen)).toEqual([sentence]);
  });

  it('tells rows that changed places from rows that were put in or removed', () => {
    const moved = (seq: number, originalSeq: number, toSeq = seq): AuditProblem => ({
      kind: 'moved',
      seq,
      toSeq,
      originalSeq,
    });
    expect(told([link(2), moved(2, 9), link(3), link(9), moved(9, 2), link(10)])).toEqual([
      'Row 2 was moved: written as row 9.',
      'Row 9 was moved: written as row 2.',
    ]);
    expect(told([link(5), moved(5, 3, 20)])).toEqual([
      'Rows 3 to 4 were put in, and the rows after that numbered anew.',
      'Rows 5 to 20 were moved: written as rows 3 to 18.',
    ]);
    expect(told([link(3), moved(3, 5, 18)])).toEqual([
      'What was written as rows 3 to 4 was removed, and the rows after that numbered anew.',
      'Rows 3 to 18 were moved: written as rows 5 to 20.',
    ]);
    // One row taken from its place to the end: nothing came or went.
    expect(told([link(3), moved(3, 4, 19), moved(20, 3)])).toEqual([
      'Rows 3 to 19 were moved: written as rows 4 to 20.',
      'Row 20 was moved: written as row 3.',
    ]);
  });
});
