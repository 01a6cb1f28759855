import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import type { Circumstance, Fault, FaultBook, FaultOf, HalfOpenWhen, Strike } from './faults.ts';
import { createFramer, type Message } from './framing.ts';
import { createLane, type Lane, type Verdict } from './lane.ts';
import { pause } from './pause.ts';
import type { SqlReader } from './sqlReader.ts';
import { type Hello, readHello, refusal } from './startup.ts';
import {
  type AnswerEvent,
  answerWanted,
  createTransactionWatch,
  forwardWanted,
  type WatchedTransaction,
} from './transactionWatch.ts';

export interface ConnectionOptions {
  /** Counts from 1. */
  number: number;
  client: Socket;
  upstream: { host: string; port: number };
  faults: FaultBook;
  read: SqlReader;
  onCommitted(circumstance: Circumstance): void;
}

export interface Connection {
  /** Resolves when both sides are gone. It never rejects. */
  closed: Promise<void>;
  /** Goes dead if it matches a fault that was just armed. */
  considerNow(armed: Fault): void;
  /** Resets both sides. */
  cut(): void;
}

type Answered = Exclude<AnswerEvent, { kind: 'settled' }>;

/** Relays between one client and Postgres, and lets armed faults strike. */
export function openConnection(options: ConnectionOptions): Connection {
  const { number, client, faults } = options;
  const watch = createTransactionWatch(options.read);
  const gone = new AbortController();
  const sockets = [client];
  let caller: Pick<Hello, 'applicationName' | 'user'> = { applicationName: '', user: '' };
  let dead: Promise<void> | undefined;
  let isEnding = false;
  let answers: Lane | undefined;

  // A broken side is noticed where it is read; a write to it may fail any time.
  client.on('error', () => undefined).setNoDelay(true);

  const about = (transaction?: WatchedTransaction): Circumstance => ({
    connection: number,
    applicationName: caller.applicationName,
    user: caller.user,
    transaction,
  });

  function cut(): void {
    for (const socket of sockets) {
      // One that is not connected yet would wait for that.
      if (socket.connecting) socket.destroy();
      else socket.resetAndDestroy();
    }
    gone.abort();
  }

  /** A reset right after what the client's kernel has room for. */
  async function cutAnswer(): Promise<void> {
    await answers?.flushed();
    cut();
  }

  /** An end after exactly what was passed on: a reset would throw away what still waits for the client to read. */
  function endAnswer(): void {
    isEnding = true;
    for (const socket of sockets) if (socket !== client) socket.resetAndDestroy();
    client.end();
    gone.abort();
  }

  function goDead({ fault, cleared }: Strike<FaultOf<'halfOpen'>>): void {
    const over = pause(fault.forMs, [cleared, gone.signal]);
    dead = dead ? Promise.all([dead, over]).then(() => undefined) : over;
  }

  async function passable(): Promise<void> {
    while (dead) {
      const waited = dead;
      await waited;
      if (dead === waited) dead = undefined;
    }
  }

  async function delayed(): Promise<void> {
    for (const { fault, cleared } of faults.latency(about())) {
      await pause(fault.delayMs, [cleared, gone.signal]);
    }
  }

  const takeHalfOpen = (when: HalfOpenWhen, transaction?: WatchedTransaction) =>
    faults.take('halfOpen', about(transaction), (fault) => fault.when === when);

  function judgeForward(message: Message): Verdict | undefined {
    const transaction = watch.forward(message)?.transaction;
    if (!transaction || gone.signal.aborted) return undefined;
    if (faults.take('cutBeforeCommit', about(transaction))) return { act: cut };
    const strike = takeHalfOpen('beforeCommit', transaction);
    return strike && { act: () => goDead(strike) };
  }

  function judgeAnswer(message: Message): Verdict | undefined {
    const event = watch.answer(message);
    if (!event || gone.signal.aborted) return undefined;
    switch (event.kind) {
      case 'settled':
        return answers?.isHolding() ? { act: answers.release } : undefined;
      case 'committed':
        return onCommitted(event);
      case 'finishing':
        return strikesCommitAnswer(event) ? { act: () => answers?.hold() } : undefined;
      case 'statementDone': {
        const strike = takeHalfOpen('statementAnswer', event.transaction);
        return strike && { act: () => goDead(strike) };
      }
      case 'row':
        return onRow(event, message.sizeBytes);
    }
  }

  const strikesCommitAnswer = ({ transaction }: Answered) =>
    faults.mayStrike(['dropCommitAnswer', 'delayCommitAnswer', 'halfOpen'], about(transaction));

  function onCommitted({ transaction }: Answered): Verdict | undefined {
    const where = about(transaction);
    options.onCommitted(where);
    const delay = faults.take('delayCommitAnswer', where);
    const drop = faults.take('dropCommitAnswer', where);
    const strike = drop ? undefined : takeHalfOpen('commitAnswer', transaction);
    if (!delay && !drop && !strike && !answers?.isHolding()) return undefined;
    return {
      async act() {
        if (delay) await pause(delay.fault.delayMs, [delay.cleared, gone.signal]);
        if (drop) return cutAnswer();
        if (strike) goDead(strike);
        await answers?.release();
      },
    };
  }

  function onRow(
    { transaction, resultBytesBefore }: Extract<AnswerEvent, { kind: 'row' }>,
    sizeBytes: number,
  ): Verdict | undefined {
    const leftBytes = (fault: FaultOf<'cutResult'>) => fault.afterBytes - resultBytesBefore;
    const strike = faults.take(
      'cutResult',
      about(transaction),
      (fault) => leftBytes(fault) >= 0 && leftBytes(fault) < sizeBytes,
    );
    return strike && { passBytes: leftBytes(strike.fault), act: endAnswer };
  }

  async function refuse({ fault }: Strike<FaultOf<'refuse'>>): Promise<void> {
    if (fault.sqlState === undefined) return cut();
    client.write(refusal(fault.sqlState));
    client.destroySoon();
    await once(client, 'close');
  }

  async function reachUpstream(): Promise<Socket> {
    const upstream = connect({ ...options.upstream, allowHalfOpen: true, noDelay: true });
    sockets.push(upstream);
    upstream.on('error', () => undefined);
    await once(upstream, 'connect', { signal: gone.signal });
    return upstream;
  }

  async function converse(): Promise<void> {
    const chunks: AsyncIterator<Buffer> = client[Symbol.asyncIterator]();
    const hello = await readHello(chunks, (bytes) => client.write(bytes));
    if (!hello) return cut();
    caller = hello;
    const refused = faults.take('refuse', about());
    if (refused) return refuse(refused);
    const strike = takeHalfOpen('connecting');
    if (strike) goDead(strike);
    await delayed();
    await passable();
    const upstream = await reachUpstream();
    upstream.write(hello.bytes);
    const common = { delayed, passable };
    const requests = createLane({
      ...common,
      chunks,
      to: upstream,
      framer: createFramer((type) => forwardWanted[type]),
      judge: judgeForward,
    });
    answers = createLane({
      ...common,
      chunks: upstream[Symbol.asyncIterator](),
      to: client,
      framer: createFramer((type) =>
        type === 'D' ? (faults.isArmed('cutResult') ? 0 : undefined) : answerWanted[type],
      ),
      judge: judgeAnswer,
    });
    await Promise.all([requests.run(hello.rest), answers.run(Buffer.alloc(0))]);
  }

  async function live(): Promise<void> {
    try {
      await converse();
    } catch {
      if (isEnding && !client.closed) await new Promise((resolve) => client.resume().once('close', resolve));
      // One side broke, or was cut: the other one learns it when the line is not dead.
      await passable();
      cut();
    }
  }

  return {
    closed: live(),
    considerNow(armed) {
      const strike = faults.take('halfOpen', about(watch.current()), (fault) => fault === armed);
      if (strike) goDead(strike);
    },
    cut,
  };
}
