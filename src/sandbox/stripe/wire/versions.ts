/**
 * Bodies in earlier versions of the API. Only changes that break readers are known here, from Stripe's changelog;
 * what was added later is shown in every version, as Stripe does. Nothing is known from before 2022-11-15.
 */

type Body = Record<string, unknown>;

interface Change {
  /** The version that brought it; earlier ones show objects as they were. */
  since: string;
  objects: readonly string[];
  back(body: Body): Body;
}

const changes: readonly Change[] = [
  {
    since: '2026-03-25',
    objects: ['checkout.session'],
    back: (body) => ({
      ...body,
      ui_mode: body['ui_mode'] === 'hosted_page' ? 'hosted' : body['ui_mode'],
    }),
  },
  {
    since: '2025-09-30',
    objects: ['discount'],
    back: ({ source, ...body }) => ({ ...body, coupon: (source as Body | undefined)?.['coupon'] ?? null }),
  },
  {
    since: '2025-03-31',
    objects: ['charge', 'payment_intent'],
    back: (body) => ({ ...body, invoice: null }),
  },
  {
    since: '2025-03-31',
    objects: ['checkout.session'],
    back: ({ collected_information: collected, ...body }) => ({
      ...body,
      shipping_details: (collected as Body | null)?.['shipping_details'] ?? null,
    }),
  },
  {
    since: '2025-03-31',
    objects: ['checkout.session'],
    back: ({ discounts: _discounts, ...body }) => body,
  },
  {
    since: '2024-04-10',
    objects: ['payment_intent'],
    back: (body) => ({
      ...body,
      capture_method: body['capture_method'] === 'automatic_async' ? 'automatic' : body['capture_method'],
    }),
  },
];

/** The same content as that version of the API shows it. */
export function inVersion(content: unknown, version: string): unknown {
  if (Array.isArray(content)) return content.map((inner) => inVersion(inner, version));
  if (content === null || typeof content !== 'object') return content;
  const body = Object.fromEntries(
    Object.entries(content).map(([key, inner]) => [key, inVersion(inner, version)]),
  );
  return changes
    .filter(({ since, objects }) => version < since && objects.includes(String(body['object'])))
    .reduce((shown, change) => change.back(shown), body);
}
