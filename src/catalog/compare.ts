import type { StandingProduct } from '../ports/catalogImport.ts';
import type { ListedProduct } from './catalogFile.ts';
import type { ProductOutcome } from '../ports/catalogOutcome.ts';
import type { Problems } from './problems.ts';
import { formatMoney } from '../domain/money.ts';

export interface CompareRules {
  /** Whether prices that are known otherwise are changed to what the file says. */
  changePrices: boolean;
}

/**
 * What a product's own fields change in the catalogue, and what of it contradicts what is known. A price of Stripe never
 * changes, so one that is known otherwise is a slip somewhere, and orders would wait for a human or get another book.
 */
export function compareProduct(
  listed: ListedProduct,
  standing: readonly StandingProduct[],
  { changePrices, problems }: CompareRules & { problems: Problems },
): Omit<ProductOutcome, 'files'> {
  const known = standing.find(({ productId }) => productId === listed.productId);
  const changed: string[] = [];
  for (const price of listed.prices) {
    const contradiction = contradictionOf(price, listed.productId, standing);
    if (!contradiction) continue;
    if (changePrices) changed.push(price.priceId);
    else
      problems.add(
        price.place,
        `${price.priceId} ${contradiction}.`,
        'Compare it with Stripe. If the file is right, import it with --change-prices.',
      );
  }
  refuseStripeProduct(listed, standing, problems);

  const knownPrices = known?.prices.map(({ priceId }) => priceId) ?? [];
  const listedPrices = listed.prices.map(({ priceId }) => priceId);
  const state = stateOf(listed, known);
  const added = listedPrices.filter((id) => !knownPrices.includes(id) && !changed.includes(id));
  const prices = { added, changed, kept: knownPrices.filter((id) => !listedPrices.includes(id)) };
  return {
    productId: listed.productId,
    title: listed.title,
    version: listed.version,
    state: state === 'unchanged' && added.length + changed.length > 0 ? 'changed' : state,
    versionBefore: known?.version ?? null,
    prices,
    notes: notesOf(listed, known, prices.kept),
  };
}

function contradictionOf(
  price: ListedProduct['prices'][number],
  productId: string,
  standing: readonly StandingProduct[],
): string | undefined {
  for (const product of standing) {
    const known = product.prices.find(({ priceId }) => priceId === price.priceId);
    if (!known) continue;
    if (product.productId !== productId) return `sells ${product.productId} in the catalogue`;
    if (known.currency !== price.currency || known.unitAmount !== price.unitAmount)
      return `is ${formatMoney({ amountMinor: known.unitAmount, currency: known.currency }, 'en')} in the catalogue, and ${formatMoney({ amountMinor: price.unitAmount, currency: price.currency }, 'en')} here`;
  }
  return undefined;
}

function refuseStripeProduct(
  { productId, stripeProductId, place }: ListedProduct,
  standing: readonly StandingProduct[],
  problems: Problems,
): void {
  if (stripeProductId === null) return;
  const other = standing.find(
    (one) => one.stripeProductId === stripeProductId && one.productId !== productId,
  );
  if (other)
    problems.add(
      { ...place, field: 'stripe_product' },
      `${stripeProductId} belongs to ${other.productId} in the catalogue.`,
      'Correct it here, or give the other product another one first.',
    );
}

function stateOf(listed: ListedProduct, known: StandingProduct | undefined): ProductOutcome['state'] {
  if (!known) return 'new';
  if (known.version !== listed.version)
    return known.files.some(({ version }) => version === listed.version) ? 'version_again' : 'new_version';
  const same =
    known.title === listed.title &&
    known.language === listed.language &&
    (listed.stripeProductId === null || known.stripeProductId === listed.stripeProductId) &&
    sorted(known.marking) === sorted(listed.marking);
  return same ? 'unchanged' : 'changed';
}

/** The same whatever the order of its members. */
const sorted = ({ policy, pages, text }: ListedProduct['marking']) =>
  JSON.stringify([policy, pages, Object.entries(text).toSorted(([one], [other]) => (one < other ? -1 : 1))]);

function notesOf(
  listed: ListedProduct,
  known: StandingProduct | undefined,
  kept: readonly string[],
): string[] {
  const formatsKept =
    known?.files
      .filter(({ version }) => version === listed.version)
      .filter(({ format }) => !listed.files.some((file) => file.format === format))
      .map(({ format }) => format) ?? [];
  return [
    ...(kept.length > 0 ? [`Prices that the file does not name still sell it: ${kept.join(', ')}.`] : []),
    ...(formatsKept.length > 0
      ? [`${listed.version} is still sold as ${formatsKept.join(' and ')} too: an import removes nothing.`]
      : []),
    ...(stateOf(listed, known) === 'version_again'
      ? [
          `${listed.version} was imported before ${known?.version ?? ''}: it is sold again, and no owner gets it anew.`,
        ]
      : []),
  ];
}
