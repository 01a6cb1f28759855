/** The work: every step of every order writes one row here, and the key forbids a second one. */
export const effectsTable = `
  create table if not exists bench_effects (
    order_id bigint not null,
    step text not null,
    times integer not null default 1,
    primary key (order_id, step)
  )`;

export const stepNames = ['receipt', 'storage', 'entitlement', 'email', 'analytics'] as const;

export const lastStep = stepNames.length - 1;

/** A step that an engine does twice is counted, not hidden. */
export const countRepeats = 'on conflict (order_id, step) do update set times = bench_effects.times + 1';

/** $1 order, $2 step. */
export const writeEffect = `insert into bench_effects (order_id, step) values ($1, $2) ${countRepeats}`;

/** $1 orders, $2 step. */
export const writeEffects = `
  insert into bench_effects (order_id, step)
  select unnest($1::bigint[]), $2 ${countRepeats}`;
