import type { Changes } from '../ports/jobStore.ts';

/** What is known, by key. */
export interface Known<Row> {
  get(key: string): Row | undefined;
}

const none: Changes<never> = { added: [], updated: [] };

/** Changes over what is known: others still see it as it was until they are adopted, and forgotten if they never are. */
export class Overlay<Row> implements Known<Row> {
  readonly #known: Map<string, Row>;
  #changes: Map<string, Row> | undefined;

  constructor(known: Map<string, Row>) {
    this.#known = known;
  }

  get(key: string): Row | undefined {
    return this.#changes?.get(key) ?? this.#known.get(key);
  }

  set(key: string, row: Row): void {
    (this.#changes ??= new Map()).set(key, row);
  }

  isChanged(key: string): boolean {
    return this.#changes?.has(key) ?? false;
  }

  changes(): Changes<Row> {
    if (!this.#changes) return none;
    const added: Row[] = [];
    const updated: Row[] = [];
    this.#changes.forEach((row, key) => void (this.#known.has(key) ? updated : added).push(row));
    return { added, updated };
  }

  adopt(): void {
    this.#changes?.forEach((row, key) => void this.#known.set(key, row));
  }
}
