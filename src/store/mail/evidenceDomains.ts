import { domainRule } from '../../domain/mailRouting.ts';
import type { Transaction } from '../../ports/transaction.ts';
import { queryIn } from '../transaction.ts';

/** By a code of policy, which only a server gives: a list of the provider's own, or its quota, is no word of theirs. */
const refusedThere = (evidence: string) =>
  `${evidence}.kind = 'bounced' and ${evidence}.cause = 'policy' and ${evidence}.permanence = 'hard' and ${evidence}.status ~ '^[45]\\.7\\.'`;

const domain = `lower(split_part(m.to_address, '@', -1))`;

/** A delivery there after the last refusal: the provider is let in again. */
const forget = `
with arrived as (
  select coalesce(e.provider, m.provider) as provider, ${domain} as domain, max(e.at) as at
    from fulfillment.email_evidence e join fulfillment.email_messages m on m.id = e.message_id
   where e.id = any($1::uuid[]) and e.kind = 'delivered' group by 1, 2
), over as (
  select s.provider, s.domain from fulfillment.mail_domain_standings s
    join arrived a on a.provider = s.provider and a.domain = s.domain and s.last_refused_at <= a.at
   order by s.provider, s.domain for update of s
)
delete from fulfillment.mail_domain_standings s using over o where s.provider = o.provider and s.domain = o.domain`;

/** One refusal for each mail that came back by the policy of the other side, however many tell of it. */
const count = `
insert into fulfillment.mail_domain_standings as s (provider, domain, refusals)
select b.provider, b.domain, count(*)
  from (select distinct on (m.id) coalesce(e.provider, m.provider) as provider, ${domain} as domain
          from fulfillment.email_evidence e join fulfillment.email_messages m on m.id = e.message_id
         where e.id = any($1::uuid[]) and ${refusedThere('e')}
           and not exists (select from fulfillment.email_evidence before
                            where before.message_id = e.message_id and ${refusedThere('before')}
                              and not before.id = any($1::uuid[]))) b
 where b.provider is not null
 group by 1, 2 order by 1, 2
on conflict (provider, domain) do update
   set refusals = case when s.last_refused_at > clock_timestamp() - $2::float8 * interval '1 ms'
                       then s.refusals else 0 end + excluded.refusals,
       last_refused_at = clock_timestamp()`;

/** How providers fare at recipients' domains, by what was heard of mails; the caller holds the mails. */
export async function countAtDomains(tx: Transaction, evidenceIds: readonly string[]): Promise<void> {
  await queryIn(tx, forget, [evidenceIds]);
  await queryIn(tx, count, [evidenceIds, domainRule.forgottenAfterMs]);
}
