import { describe, expect, it } from 'vitest';
import { aJobRun } from '../../test/builders/jobRun.ts';
import { outsideStep } from '../../test/builders/steps.ts';
import { Fault } from '../domain/fault.ts';

describe('a job as its steps see it', () => {
  it('is asked once what a step owes, and again when something new is known', () => {
    const { view } = aJobRun();
    let asked = 0;
    const files = outsideStep('files', undefined, {
      effects: (job) => {
        asked += 1;
        return [...job.outputs.keys()].map((key) => ({ key, provider: 'storage' }));
      },
    });
    expect([view.owedBy(files), view.owedBy(files), asked]).toEqual([[], [], 1]);
    view.tell('resolve_order', {}, { lines: [] });
    expect(view.owedBy(files)).toEqual([{ key: 'resolve_order', provider: 'storage' }]);
    expect(asked).toBe(2);
    expect(view.order).toEqual({ lines: [] });
  });

  it('has copies that it does not hear of', () => {
    const { view } = aJobRun({ order: { id: 1 } });
    const copy = view.copy();
    copy.tell('receipt', { number: 7 }, undefined);
    expect([...copy.outputs]).toEqual([['receipt', { number: 7 }]]);
    expect([view.outputs.size, copy.order]).toEqual([0, { id: 1 }]);
  });

  it('takes a step that cannot tell what it owes for one at fault', () => {
    const { view } = aJobRun();
    const broken = outsideStep('files', undefined, {
      effects: () => {
        throw new TypeError('no lines');
      },
    });
    expect(view.owedBy(broken)).toBeInstanceOf(Fault);
  });
});
