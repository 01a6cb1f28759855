import type { DrilledShop } from './drilledShop.ts';

/** How often each kind of fault has struck. */
export type Fired = Record<string, number>;

/** A fault that strikes a shop at work. */
export interface Drill {
  name: string;
  /** What holds all the same. */
  sentence: string;
  /** Takes longer than the short form has time for. */
  long?: true;
  /** Why it cannot be had on this machine. */
  unavailable?: () => string | undefined;
  /** Opens the shop, sells, strikes, and leaves it so that it can come to rest. */
  strike(shop: DrilledShop): Promise<Fired>;
  /** Takes away what the shop stood on until it was checked. Also after a strike that went wrong, or did not begin. */
  cleanUp?(shop: DrilledShop): Promise<void>;
}

/** The same drill, for the long form alone. */
export const inLongForm = (drill: Drill): Drill => ({ ...drill, long: true });

export interface Conducted {
  fired: Fired;
  violations: string[];
}

/** Conducts a drill to its end. A shop that does not come to rest is a violation, and so is a fault that did not strike. */
export async function conduct(drill: Drill, shop: DrilledShop, restWithinMs?: number): Promise<Conducted> {
  try {
    return await strikeAndCheck(drill, shop, restWithinMs);
  } finally {
    await drill.cleanUp?.(shop);
  }
}

async function strikeAndCheck(drill: Drill, shop: DrilledShop, restWithinMs?: number): Promise<Conducted> {
  const fired = await drill.strike(shop);
  const silent = Object.entries(fired).filter(([, times]) => times === 0);
  const restless = await shop.rest(restWithinMs).then(
    () => [],
    (error: unknown) => [`The shop did not come to rest: ${(error as Error).message}`],
  );
  const violations = [
    ...(Object.keys(fired).length === 0 ? ['no fault is named'] : []),
    ...silent.map(([kind]) => `a fault did not strike: ${kind}`),
    ...restless,
    ...(await shop.violations()),
  ];
  // A shop that is not in order need not be asked what more would change it.
  return { fired, violations: violations.length > 0 ? violations : await shop.afterReplay() };
}
