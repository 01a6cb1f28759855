import { maskAddressesIn, maskEmail } from '../../domain/masking.ts';
import type { DossierEntitlement, DossierMail, DossierSurroundings } from '../../ports/orderDossier.ts';
import { maskedObject } from './maskedJson.ts';
import type { ShownOrder } from './orderParts.ts';

const iso = (at: Date | null) => at?.toISOString() ?? null;
const written = (text: string | null) => text && maskAddressesIn(text);

export function showMails(mails: readonly DossierMail[]): ShownOrder['mails'] {
  return mails.map(
    ({ toAddress, reference, createdAt, acceptedAt, provenAt, evidence, attempts, ...mail }) => ({
      ...mail,
      to: maskEmail(toAddress),
      reference: written(reference),
      createdAt: createdAt.toISOString(),
      acceptedAt: iso(acceptedAt),
      provenAt: iso(provenAt),
      evidence: evidence.map(({ at, ...heard }) => ({ ...heard, at: at.toISOString() })),
      attempts: attempts.map(({ intendedAt, finishedAt, detail, ...attempt }) => ({
        ...attempt,
        intendedAt: intendedAt.toISOString(),
        finishedAt: iso(finishedAt),
        detail: written(detail),
      })),
    }),
  );
}

export function showEntitlements(entitlements: readonly DossierEntitlement[]): ShownOrder['entitlements'] {
  return entitlements.map(({ createdAt, history, links, downloads, ...entitlement }) => ({
    ...entitlement,
    createdAt: createdAt.toISOString(),
    history: history.map(({ at, ...change }) => ({ ...change, at: at.toISOString() })),
    links: links.map(({ expiresAt, ...link }) => ({ ...link, expiresAt: iso(expiresAt) })),
    downloads: downloads.map(({ lastAt, ...download }) => ({ ...download, lastAt: lastAt.toISOString() })),
  }));
}

/** Of a hash, as much as tells two files apart. */
const hashShown = 12;

/** What people have written beside the job may hold an address though it should not. */
export function showAround({
  files,
  relatedJobs,
  findings,
  alerts,
  audit,
}: DossierSurroundings): Pick<ShownOrder, 'files' | 'relatedJobs' | 'findings' | 'alerts' | 'audit'> {
  return {
    files: files.map(({ sha256, storedAt, ...file }) => ({
      ...file,
      sha256Prefix: sha256.slice(0, hashShown),
      storedAt: storedAt.toISOString(),
    })),
    relatedJobs: relatedJobs.map(({ createdAt, finishedAt, ...job }) => ({
      ...job,
      createdAt: createdAt.toISOString(),
      finishedAt: iso(finishedAt),
    })),
    findings: findings.map(({ details, foundAt, closedAt, closeReason, ...finding }) => ({
      ...finding,
      details: maskedObject(details),
      foundAt: foundAt.toISOString(),
      closedAt: iso(closedAt),
      closeReason: written(closeReason),
    })),
    alerts: alerts.map(({ summary, openedAt, acknowledgedAt, resolvedAt, ...alert }) => ({
      ...alert,
      summary: maskAddressesIn(summary),
      openedAt: openedAt.toISOString(),
      acknowledgedAt: iso(acknowledgedAt),
      resolvedAt: iso(resolvedAt),
    })),
    audit: audit.map(({ at, reason, ...row }) => ({ ...row, at: at.toISOString(), reason: written(reason) })),
  };
}
