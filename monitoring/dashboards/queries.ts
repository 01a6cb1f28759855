const window = '[$__rate_interval]';

/** Counters of all processes per second, by what they are told apart; all together without. */
export const perSecond = (series: string, by?: string): string =>
  `sum${by ? ` by (${by})` : ''} (rate(${series}${window}))`;

/** How far the counters of all processes grew within a window. */
export const grownBy = (series: string, within: string, by?: string): string =>
  `sum${by ? ` by (${by})` : ''} (increase(${series}[${within}]))`;

/** A quantile over all processes, of a histogram's name and selector. */
export const quantile = (share: number, name: string, selector = '', by?: string): string =>
  `histogram_quantile(${share}, sum by (${by ? `${by}, ` : ''}le) (rate(${name}_bucket${selector}${window})))`;
