import { describe, expect, it } from 'vitest';
import type { Message } from './framing.ts';
import { createSqlReader } from './sqlReader.ts';
import { createTransactionWatch } from './transactionWatch.ts';

const message = (type: string, text = ''): Message => ({
  type,
  at: 0,
  sizeBytes: 5 + text.length,
  payload: Buffer.from(text),
});

function watchConnection() {
  const watch = createTransactionWatch(createSqlReader());
  const brief = (event?: { kind: string; transaction?: { form: string; writes: Set<string> } }) =>
    event &&
    [event.kind, event.transaction?.form, ...(event.transaction?.writes ?? [])].filter(Boolean).join(' ');
  return {
    send: (type: string, text?: string) => brief(watch.forward(message(type, text))),
    get: (type: string, text?: string) => brief(watch.answer(message(type, text))),
    /** A whole request with its last answers. */
    ask(sql: string, tag: string, status: string) {
      this.send('Q', `${sql}\0`);
      return [this.get('C', `${tag}\0`), this.get('Z', status)];
    },
  };
}

describe('the watch of a connection', () => {
  it('sees a block of simple queries commit, with what it wrote', () => {
    const wire = watchConnection();
    wire.ask('begin', 'BEGIN', 'T');
    expect(wire.ask('insert into a select 1', 'INSERT 0 1', 'T')).toEqual([
      'statementDone block a',
      'settled',
    ]);
    expect(wire.send('Q', 'commit\0')).toBe('committing block a');
    expect(wire.get('C', 'COMMIT\0')).toBe('committed block a');
    expect(wire.get('Z', 'I')).toBe('settled');
  });

  it('knows what a statement prepared long ago does when it is executed', () => {
    const wire = watchConnection();
    wire.send('P', 'put\0insert into a select $1\0');
    wire.send('P', 'done\0commit\0');
    wire.send('S');
    wire.get('Z', 'I');
    wire.ask('begin', 'BEGIN', 'T');
    wire.send('B', 'p\0put\0');
    expect(wire.send('E', 'p\0')).toBeUndefined();
    expect(wire.send('S')).toBeUndefined();
    wire.get('C', 'INSERT 0 1\0');
    wire.get('Z', 'T');
    wire.send('B', '\0done\0');
    expect(wire.send('E', '\0')).toBe('committing block a');
    wire.send('S');
    expect(wire.get('C', 'COMMIT\0')).toBe('committed block a');
  });

  it('keeps requests in flight apart', () => {
    const wire = watchConnection();
    wire.send('Q', 'begin; insert into a select 1; commit\0');
    wire.send('Q', 'begin; insert into b select 1; commit\0');
    const answer = () =>
      [wire.get('C', 'BEGIN\0'), wire.get('C', 'INSERT 0 1\0'), wire.get('C', 'COMMIT\0')][2];
    expect(answer()).toBe('committed block a');
    wire.get('Z', 'I');
    expect(answer()).toBe('committed block b');
    wire.get('Z', 'I');
  });

  it('takes a request outside of a block for a transaction that commits at its end', () => {
    const wire = watchConnection();
    expect(wire.send('Q', 'insert into a select 1; insert into b select 1\0')).toBe('committing single a b');
    expect(wire.get('C', 'INSERT 0 1\0')).toBe('finishing single a b');
    wire.get('C', 'INSERT 0 1\0');
    expect(wire.get('Z', 'I')).toBe('committed single a b');
  });

  it('does not take an error, or the commit of a failed block, for a commit', () => {
    const wire = watchConnection();
    wire.send('Q', 'insert into a select 1\0');
    wire.get('E');
    expect(wire.get('Z', 'I')).toBe('settled');
    wire.ask('begin', 'BEGIN', 'T');
    wire.send('Q', 'insert into a select 1\0');
    wire.get('E');
    wire.get('Z', 'E');
    expect(wire.send('Q', 'commit\0')).toBeUndefined();
    expect(wire.get('C', 'ROLLBACK\0')).toBe('statementDone block a');
  });

  it('follows savepoints, chains and the word of the server', () => {
    const wire = watchConnection();
    wire.ask('begin', 'BEGIN', 'T');
    wire.ask('insert into a select 1', 'INSERT 0 1', 'T');
    wire.ask('rollback to savepoint s', 'ROLLBACK', 'T');
    expect(wire.ask('commit and chain', 'COMMIT', 'T')[0]).toBe('committed block a');
    wire.ask('insert into b select 1', 'INSERT 0 1', 'T');
    expect(wire.ask('commit', 'COMMIT', 'I')[0]).toBe('committed block b');
    // A block that was begun in a way the reader does not know.
    wire.ask('call begin_somehow()', 'CALL', 'T');
    wire.ask('insert into c select 1', 'INSERT 0 1', 'T');
    expect(wire.ask('commit', 'COMMIT', 'I')[0]).toBe('committed block c');
  });

  it('does not hold the end of a request back while its Sync is still to come', () => {
    const wire = watchConnection();
    wire.send('P', '\0insert into a select 1\0');
    wire.send('B', '\0\0');
    wire.send('E', '\0');
    wire.send('H');
    expect(wire.get('C', 'INSERT 0 1\0')).toBeUndefined();
    expect(wire.send('S')).toBe('committing single a');
    expect(wire.get('Z', 'I')).toBe('committed single a');
  });
});
