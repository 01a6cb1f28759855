import { type Message, zeroEnded } from './framing.ts';
import type { SqlReader, Statement } from './sqlReader.ts';

/** A transaction as its messages show it. */
export interface WatchedTransaction {
  /** A `block` from BEGIN to COMMIT, or a `single` request that is a transaction by itself. */
  form: 'block' | 'single';
  statements: Statement[];
  tables: Set<string>;
  writes: Set<string>;
  calls: Set<string>;
}

/** What the client is about to make the server do. */
export interface ForwardEvent {
  kind: 'committing';
  transaction: WatchedTransaction;
}

/** What the server has done, seen before the client sees it. */
export type AnswerEvent =
  /** The message says, or is the first that can only come after, that the transaction is committed. */
  | { kind: 'committed'; transaction: WatchedTransaction }
  /** A request that is a transaction by itself has its result; whether it commits is said later. */
  | { kind: 'finishing'; transaction: WatchedTransaction }
  | { kind: 'statementDone'; transaction: WatchedTransaction }
  | { kind: 'row'; transaction: WatchedTransaction; resultBytesBefore: number }
  | { kind: 'settled' };

export interface TransactionWatch {
  /** A message of the client, before it is passed on. */
  forward(message: Message): ForwardEvent | undefined;
  /** A message of the server, before it is passed on. */
  answer(message: Message): AnswerEvent | undefined;
  /** The transaction that is open or being asked for now. */
  current(): WatchedTransaction | undefined;
}

/** How much of the client's messages `forward` needs. SQL beyond the first megabyte is not read. */
export const forwardWanted: Record<string, number> = { Q: 1 << 20, P: 1 << 20, B: 512, E: 512, S: 0, F: 0 };
/** How much of the server's messages `answer` needs, rows apart. */
export const answerWanted: Record<string, number> = { C: 64, E: 0, Z: 1 };

/** What one ReadyForQuery will answer. */
interface Request {
  /** The last transaction it works in. */
  transaction?: WatchedTransaction;
  single?: WatchedTransaction;
  /** The blocks it commits, in order. */
  commits: WatchedTransaction[];
  isWhole: boolean;
  hasFailed: boolean;
  resultBytes: number;
}

/** Follows one connection's transactions by its messages, requests in flight included. */
export function createTransactionWatch(read: SqlReader): TransactionWatch {
  const prepared = new Map<string, Statement[]>();
  const portals = new Map<string, Statement[]>();
  const inFlight: Request[] = [];
  let block: WatchedTransaction | undefined;
  let blockHasFailed = false;

  function openRequest(): Request {
    const last = inFlight.at(-1);
    if (last && !last.isWhole) return last;
    const request: Request = { commits: [], isWhole: false, hasFailed: false, resultBytes: 0 };
    inFlight.push(request);
    return request;
  }

  /** Notes a statement the server is asked to run; tells the block that it commits. */
  function run(request: Request, statement: Statement): WatchedTransaction | undefined {
    if (statement.verb === 'begin' && !block) {
      // What came before BEGIN in the same request belongs to the block.
      block = request.single ?? newTransaction('block');
      block.form = 'block';
      delete request.single;
    }
    const transaction = block ?? (request.single ??= newTransaction('single'));
    request.transaction = transaction;
    transaction.statements.push(statement);
    for (const table of statement.tables) transaction.tables.add(table);
    for (const table of statement.writes) transaction.writes.add(table);
    for (const name of statement.calls) transaction.calls.add(name);
    if (!block || (statement.verb !== 'commit' && statement.verb !== 'rollback')) return undefined;
    // The COMMIT of a failed block rolls back.
    const commits = statement.verb === 'commit' && !blockHasFailed;
    if (commits) request.commits.push(block);
    block = statement.chains ? newTransaction('block') : undefined;
    blockHasFailed = false;
    return commits ? transaction : undefined;
  }

  function runAll(request: Request, statements: Statement[]): WatchedTransaction | undefined {
    let committing: WatchedTransaction | undefined;
    for (const statement of statements) committing = run(request, statement) ?? committing;
    return committing;
  }

  function end(request: Request, committing?: WatchedTransaction): ForwardEvent | undefined {
    request.isWhole = true;
    const transaction = committing ?? request.single;
    return transaction && { kind: 'committing', transaction };
  }

  function complete(request: Request, tag: string): AnswerEvent | undefined {
    request.resultBytes = 0;
    const { single, transaction } = request;
    if (/^COMMIT\b/.test(tag) && request.commits[0]) {
      return { kind: 'committed', transaction: request.commits.shift() as WatchedTransaction };
    }
    // Without its Sync the client may wait for this answer before it sends that.
    if (single && request.isWhole) return { kind: 'finishing', transaction: single };
    return transaction && !single ? { kind: 'statementDone', transaction } : undefined;
  }

  /** The server says how it stands when a request is over; with nothing else in flight its word counts. */
  function ready(request: Request | undefined, status: string): AnswerEvent {
    inFlight.shift();
    if (inFlight.length === 0) {
      block = status === 'I' ? undefined : (block ?? newTransaction('block'));
      blockHasFailed = status === 'E';
    }
    const single = request?.single;
    if (single && !request.hasFailed) return { kind: 'committed', transaction: single };
    return { kind: 'settled' };
  }

  return {
    forward(message) {
      const { type, payload } = message;
      switch (type) {
        case 'Q': {
          const request = openRequest();
          return end(request, runAll(request, read(zeroEnded(payload, 1)[0] ?? '')));
        }
        case 'P': {
          const [name = '', sql = ''] = zeroEnded(payload, 2);
          prepared.set(name, read(sql));
          openRequest();
          return undefined;
        }
        case 'B': {
          const [portal = '', name = ''] = zeroEnded(payload, 2);
          portals.set(portal, prepared.get(name) ?? []);
          openRequest();
          return undefined;
        }
        case 'E': {
          const committing = runAll(openRequest(), portals.get(zeroEnded(payload, 1)[0] ?? '') ?? []);
          return committing && { kind: 'committing', transaction: committing };
        }
        case 'S':
        case 'F':
          return end(openRequest());
        default:
          return undefined;
      }
    },

    answer({ type, payload, sizeBytes }) {
      const request = inFlight[0];
      if (type === 'Z') return ready(request, payload.toString('latin1'));
      if (!request) return undefined;
      if (type === 'C') return complete(request, zeroEnded(payload, 1)[0] ?? '');
      if (type === 'E') {
        request.hasFailed = true;
        return { kind: 'settled' };
      }
      if (type !== 'D' || !request.transaction) return undefined;
      const resultBytesBefore = request.resultBytes;
      request.resultBytes += sizeBytes;
      return { kind: 'row', transaction: request.transaction, resultBytesBefore };
    },

    current: () => block ?? inFlight.at(-1)?.transaction,
  };
}

function newTransaction(form: WatchedTransaction['form']): WatchedTransaction {
  return { form, statements: [], tables: new Set(), writes: new Set(), calls: new Set() };
}
