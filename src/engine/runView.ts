import { type Fault, toFault } from '../domain/fault.ts';
import type { EffectSpec, JobView, JsonObject, OutsideStep } from '../ports/step.ts';

/** A job as its steps see it. */
export class RunView implements JobView {
  readonly jobId: JobView['jobId'];
  readonly kind: JobView['kind'];
  readonly plan: JobView['plan'];
  readonly subjectKey: JobView['subjectKey'];
  readonly payment: JobView['payment'];
  readonly acceptedAt: JobView['acceptedAt'];
  readonly outputs: ReadonlyMap<string, JsonObject>;
  order: unknown;
  readonly #outputs: Map<string, JsonObject>;
  #owed: Map<OutsideStep, EffectSpec[] | Fault> | undefined;

  constructor(job: Omit<JobView, 'outputs'>, outputs: Map<string, JsonObject>) {
    this.jobId = job.jobId;
    this.kind = job.kind;
    this.plan = job.plan;
    this.subjectKey = job.subjectKey;
    this.payment = job.payment;
    this.acceptedAt = job.acceptedAt;
    this.order = job.order;
    this.outputs = this.#outputs = outputs;
  }

  /** The same view, to be told of outputs that this one does not know. */
  copy(): RunView {
    return new RunView(this, new Map(this.#outputs));
  }

  tell(step: string, output: JsonObject, order: JsonObject | undefined): void {
    this.#outputs.set(step, output);
    if (order) this.order = order;
    this.#owed = undefined;
  }

  /**
   * What an outside step owes, asked once as long as no step has brought anything new. A step that cannot tell is at
   * fault itself; the batch it stands in is not.
   */
  owedBy(step: OutsideStep): EffectSpec[] | Fault {
    const known = this.#owed?.get(step);
    if (known) return known;
    const owed = askOwed(step, this);
    (this.#owed ??= new Map()).set(step, owed);
    return owed;
  }
}

function askOwed(step: OutsideStep, job: JobView): EffectSpec[] | Fault {
  try {
    return step.effects(job);
  } catch (error) {
    return toFault(error);
  }
}
