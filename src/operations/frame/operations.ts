import { errorName } from '../../domain/errorTrace.ts';
import { Fault } from '../../domain/fault.ts';
import { unsoundnessOf } from '../../domain/soundInput.ts';
import { may, rolesWith } from '../../domain/permissions.ts';
import type { NewAuditEntry } from '../../ports/audit.ts';
import type { RefusalThrottle } from '../audit/throttleRefusals.ts';
import { authorOf, type ChangingOptions, createChanging } from './changing.ts';
import { insistOnNobodyNamed, insistOnReason } from './insisting.ts';
import type { Answer, AnyOperation, Asked, By, ReadOperation } from './operation.ts';
import { Refusal } from './refusal.ts';

export interface OperationsOptions extends ChangingOptions {
  operations: readonly AnyOperation[];
  refusals: Pick<RefusalThrottle, 'refused'>;
  newId(): string;
}

/** Everything people may ask for, behind the one check of who may. API, command line and console all come in here. */
export interface Operations {
  readonly list: readonly AnyOperation[];
  /**
   * Carries out an operation.
   *
   * @throws Refusal when it was not carried out; nothing is changed then, and the attempt is audited
   * @throws Fault transient, when the database cannot be reached
   */
  ask(name: string, asked: Asked): Promise<Answer>;
}

export function createOperations(options: OperationsOptions): Operations {
  const { audit, refusals } = options;
  const change = createChanging(options);
  const known = new Map<string, AnyOperation>();
  for (const operation of options.operations) {
    if (known.has(operation.name)) throw new Error(`There are two operations ${operation.name}.`);
    known.set(operation.name, operation);
  }

  async function read(operation: ReadOperation, input: unknown, by: By): Promise<Answer> {
    const trace = operation.audited?.(input);
    if (trace && (by.reason !== null || trace.reason === 'required')) insistOnReason(by);
    const output = operation.output.parse(await operation.read(input, by));
    if (!trace) return { output, auditSeq: null, repeated: false };
    const { seq } = await audit.record({
      ...authorOf(by),
      action: operation.name,
      target: trace.target,
      result: 'done',
      bulkRunId: null,
      before: null,
      after: null,
      details: trace.details?.(output) ?? null,
    });
    return { output, auditSeq: seq, repeated: false };
  }

  async function carryOut(operation: AnyOperation, asked: Asked, by: By): Promise<Answer> {
    if (!may(by.caller.roles, operation.permission)) throw notAllowed(operation);
    const input = checked(operation, asked.input);
    if (operation.kind === 'read') return read(operation, input, by);
    return change(operation, input, by, asked.bulkRunId ?? null);
  }

  /** It was allowed, was begun, and is not done: the transaction took its own row with it. */
  async function noteFailure(operation: AnyOperation, asked: Asked, by: By, error: unknown): Promise<void> {
    // What passes may have been done all the same, and is asked for again with the same id.
    if (operation.kind === 'read' || (error instanceof Fault && error.kind === 'transient')) return;
    const code = error instanceof Fault ? error.reason : errorName(error);
    // Where the database is the trouble, there is nowhere to write it down.
    await audit.record({ ...attemptOf(operation, asked, by, code), result: 'failed' }).catch(() => undefined);
  }

  return {
    list: [...known.values()],
    async ask(name, asked) {
      const operation = known.get(name);
      if (!operation)
        throw new Refusal({
          kind: 'not_found',
          code: 'unknown_operation',
          detail: `There is no operation ${name}.`,
        });
      const by: By = {
        caller: asked.caller,
        actor: `staff:${asked.caller.subject}`,
        reason: asked.reason?.trim() || null,
        requestId: asked.requestId ?? options.newId(),
      };
      insistOnNobodyNamed(by);
      try {
        return await carryOut(operation, { ...asked, input: asked.input ?? {} }, by);
      } catch (error) {
        if (!(error instanceof Refusal)) await noteFailure(operation, asked, by, error);
        else if (leavesATrace(operation, error))
          await refusals.refused(attemptOf(operation, asked, by, error.code));
        throw error;
      }
    },
  };
}

/** Who may not, is written down whatever they asked for; a change that was refused as well. A typing error is not. */
const leavesATrace = (operation: AnyOperation, { kind }: Refusal) =>
  kind === 'not_allowed' || (operation.kind === 'change' && kind !== 'invalid_input' && kind !== 'not_found');

function attemptOf(
  operation: AnyOperation,
  asked: Asked,
  by: By,
  code: string,
): Omit<NewAuditEntry, 'result'> {
  const input = operation.input.safeParse(asked.input ?? {});
  const target = operation.kind === 'change' && input.success ? operation.target(input.data) : null;
  return {
    ...authorOf(by),
    action: operation.name,
    target,
    bulkRunId: asked.bulkRunId ?? null,
    before: null,
    after: null,
    details: { code },
  };
}

function checked(operation: AnyOperation, given: unknown): unknown {
  insistOnSound(given);
  const parsed = operation.input.safeParse(given);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  const field =
    issue?.path.join('.') || (issue?.code === 'unrecognized_keys' ? issue.keys.join(', ') : undefined);
  throw new Refusal({
    kind: 'invalid_input',
    code: 'invalid_input',
    detail: field === undefined ? 'The input cannot be read.' : `${field}: ${issue?.message ?? 'not valid'}`,
    ...(field === undefined ? {} : { field }),
    remedy: `See what ${operation.name} takes in the API's document, or in the help of the command.`,
  });
}

/** What no schema asks about, and nothing behind it can take. */
function insistOnSound(given: unknown): void {
  const detail = unsoundnessOf(given);
  if (detail === undefined) return;
  const members = typeof given === 'object' && given !== null ? Object.entries(given) : [];
  const [field] = members.find(([, value]) => unsoundnessOf(value) !== undefined) ?? [];
  throw new Refusal({
    kind: 'invalid_input',
    code: 'invalid_input',
    detail,
    ...(field === undefined ? {} : { field }),
  });
}

const notAllowed = (operation: AnyOperation) =>
  new Refusal({
    kind: 'not_allowed',
    code: 'not_allowed',
    detail: `Your roles do not allow ${operation.name}.`,
    remedy: `It needs one of: ${rolesWith(operation.permission).join(', ')}. Ask an administrator.`,
  });
