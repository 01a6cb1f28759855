import { type MailProvider, mailProviders } from '../../ports/providerPauses.ts';
import { partsOf, readAs } from './kinds.ts';

export type MailProviderList = readonly [MailProvider, ...MailProvider[]];

/** Providers of mail between commas, the preferred one first, each once. */
export const mailProviderList = readAs((text, refuse): MailProviderList => {
  const names: MailProvider[] = [];
  for (const part of partsOf(text)) {
    const name = mailProviders.find((known) => known === part);
    if (!name) return refuse(`must name providers out of ${mailProviders.join(', ')}, between commas`);
    if (names.includes(name)) return refuse(`must name ${name} once`);
    names.push(name);
  }
  const [first, ...others] = names;
  return first === undefined ? refuse('must name at least one provider') : [first, ...others];
});
