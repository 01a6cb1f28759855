import type { ProviderLimit } from '../../ports/providerControl.ts';
import { type KnownProvider, knownProviders } from '../../ports/providerPauses.ts';
import { readAs } from './kinds.ts';

export type ProviderLimits = Partial<Record<KnownProvider, ProviderLimit>>;

/**
 * Limits across all workers, for example `smtp=10/s,burst:20,concurrency:8;stripe=25/s`: parts for each provider
 * between semicolons; a rate per second or minute, a burst and a concurrency, in any order, each at most once.
 */
export const providerLimits = readAs((text, refuse): ProviderLimits => {
  const limits: ProviderLimits = {};
  for (const part of text.split(';').map((one) => one.trim())) {
    if (part === '') continue;
    const [name = '', values, ...more] = part.split('=').map((one) => one.trim());
    const provider = knownProviders.find((known) => known === name);
    if (!provider) return refuse(`must name providers out of ${knownProviders.join(', ')}`);
    if (!values || more.length > 0) return refuse(`must give ${provider} its limits after one =`);
    if (limits[provider]) return refuse(`must name ${provider} once`);
    const limit = limitOf(provider, values);
    if (typeof limit === 'string') return refuse(limit);
    limits[provider] = limit;
  }
  return limits;
});

/** A provider's limit, or what is wrong with it. */
function limitOf(provider: KnownProvider, values: string): ProviderLimit | string {
  const limit: ProviderLimit = {};
  for (const value of values.split(',').map((one) => one.trim())) {
    const { field, amount } = fieldOf(value);
    if (field === undefined) {
      return `must limit ${provider} by a rate like 10/s or 600/min, burst: and a whole number, or concurrency: and a whole number`;
    }
    if (!(amount > 0)) return `must give ${provider} nothing but limits above 0`;
    if (limit[field] !== undefined) return `must give ${provider} each limit once`;
    limit[field] = amount;
  }
  const hasRate = limit.ratePerSecond !== undefined;
  return limit.burst === undefined || hasRate ? limit : `must give ${provider} a rate beside its burst`;
}

const rateForm = /^(\d{1,6}(?:\.\d{1,3})?)\/(s|min)$/;
const countForm = /^(burst|concurrency):(\d{1,6})$/;

function fieldOf(value: string): { field?: keyof ProviderLimit; amount: number } {
  const [, rate, unit] = rateForm.exec(value) ?? [];
  if (rate !== undefined) return { field: 'ratePerSecond', amount: Number(rate) / (unit === 'min' ? 60 : 1) };
  const [, name, count] = countForm.exec(value) ?? [];
  if (name === undefined) return { amount: Number.NaN };
  return { field: name === 'burst' ? 'burst' : 'concurrencyMax', amount: Number(count) };
}
