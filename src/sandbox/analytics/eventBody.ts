/** An event as Plausible's Events API takes it (https://plausible.io/docs/events-api). */
export type AnalyticsEvent = {
  name: string;
  url: string;
  domain: string;
  props: Record<string, string | number | boolean>;
  revenue: { currency: string; amount: string | number } | null;
};

/** Messages by field, as Plausible's 400 carries them. */
export type EventErrors = Record<string, string[]>;

type Fields = Record<string, unknown>;

const propsLimit = 30;
const maxUrlLength = 2000;

/** Reads the body of an event; Plausible reads it as JSON whatever the content type says. */
export function parseEventBody(text: string): { event: AnalyticsEvent } | { errors: EventErrors } {
  const body = parseJson(text);
  if (!isRecord(body)) return { errors: { request: ['Unable to parse request body as json'] } };
  const errors: EventErrors = {
    ...textErrors('event_name', body['name']),
    ...urlErrors(body['url']),
    ...textErrors('domain', body['domain']),
    ...propsErrors(body['props']),
    ...revenueErrors(body['revenue']),
  };
  if (Object.keys(errors).length > 0) return { errors };
  return {
    event: {
      name: body['name'] as string,
      url: body['url'] as string,
      domain: body['domain'] as string,
      props: scalarsOf(body['props']),
      revenue: (body['revenue'] ?? null) as AnalyticsEvent['revenue'],
    },
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function isRecord(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function textErrors(field: string, value: unknown): EventErrors {
  if (value === undefined || value === null || value === '') return { [field]: ["can't be blank"] };
  if (typeof value !== 'string' || value.includes('\0')) return { [field]: ['is invalid'] };
  return {};
}

function urlErrors(value: unknown): EventErrors {
  if (value === undefined || value === null) return { url: ['is required'] };
  if (typeof value !== 'string' || value.includes('\0')) return { url: ['must be a string'] };
  if (value.startsWith('data:')) return { url: ['scheme is not allowed'] };
  return value.length > maxUrlLength ? { url: [`should be at most ${maxUrlLength} character(s)`] } : {};
}

/** Plausible would drop such props without a word; here the mistake is told. */
function propsErrors(value: unknown): EventErrors {
  if (value === undefined || value === null) return {};
  if (!isRecord(value)) return { props: ['must be an object'] };
  return Object.keys(value).length > propsLimit ? { props: [`should have at most ${propsLimit} keys`] } : {};
}

function revenueErrors(value: unknown): EventErrors {
  if (value === undefined || value === null) return {};
  const { currency, amount } = isRecord(value) ? value : {};
  const known = typeof currency === 'string' && /^[A-Z]{3}$/.test(currency);
  const counted =
    (typeof amount === 'number' || typeof amount === 'string') && Number.isFinite(Number(amount));
  return known && counted ? {} : { revenue_source: ['is invalid'] };
}

/** Plausible drops empty values, lists and objects among the props without a word. */
function scalarsOf(props: unknown): AnalyticsEvent['props'] {
  const scalar = (value: unknown) => ['string', 'number', 'boolean'].includes(typeof value) && value !== '';
  const kept = isRecord(props) ? Object.entries(props).filter(([, value]) => scalar(value)) : [];
  return Object.fromEntries(kept) as AnalyticsEvent['props'];
}
