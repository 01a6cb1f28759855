import { Fault } from '../domain/fault.ts';
import type { StepContext } from '../ports/step.ts';
import type { JobRun } from './jobRun.ts';

/** What a late answer would mean: a call that may have taken effect must be asked about. */
export interface LateFault {
  kind: 'transient' | 'unknown_effect';
  provider?: string;
}

/** The work gets a moment to answer the signal with something more precise than "too late". */
const graceAfterAbortMs = 250;

/** The time that a piece of work has, which ends early when its job is not ours any more. */
export class Deadline {
  readonly #run: JobRun;
  readonly #timeoutMs: number;
  readonly #late: LateFault;
  readonly #timer: NodeJS.Timeout;
  /** Made when first asked for: making one is dear. */
  #controller: AbortController | undefined;
  #over: Fault | undefined;
  #reject: ((error: unknown) => void) | undefined;

  constructor(run: JobRun, timeoutMs: number, late: LateFault) {
    if (run.closed)
      throw new Fault({ kind: 'transient', reason: 'aborted', message: 'The job is not ours any more.' });
    this.#run = run;
    this.#timeoutMs = timeoutMs;
    this.#late = late;
    this.#timer = setTimeout(endInTime, timeoutMs, this);
    run.keepDeadline(this);
  }

  get signal(): AbortSignal {
    this.#controller ??= new AbortController();
    if (this.#over) this.#controller.abort(this.#over);
    return this.#controller.signal;
  }

  throwIfOver(): void {
    if (this.#over) throw this.#over;
  }

  /** What the work answers, or the late fault when it has not listened to the signal. */
  bound<T>(work: (deadline: this) => Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      this.#reject = (error) => {
        this.#forget();
        reject(error);
      };
      try {
        work(this).then((answer) => {
          this.#forget();
          resolve(answer);
        }, this.#reject);
      } catch (error) {
        this.#reject(error);
      }
    });
  }

  #forget(): void {
    clearTimeout(this.#timer);
    this.#run.forgetDeadline(this);
  }

  end(reason: 'timeout' | 'aborted'): void {
    this.#over ??= new Fault({ ...this.#late, reason, message: `No answer within ${this.#timeoutMs} ms.` });
    const fault = this.#over;
    this.#controller?.abort(fault);
    setTimeout(() => this.#reject?.(fault), graceAfterAbortMs).unref();
  }
}

const endInTime = (deadline: Deadline) => deadline.end('timeout');

/** What a step may know of the attempt it makes. */
export class AttemptContext implements StepContext {
  readonly attempt: number;
  readonly now: Date;
  readonly #deadline: Deadline;

  constructor(run: JobRun, deadline: Deadline, attempt: number) {
    this.attempt = attempt;
    this.now = run.databaseNow();
    this.#deadline = deadline;
  }

  get signal(): AbortSignal {
    return this.#deadline.signal;
  }
}
