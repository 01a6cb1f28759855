import { trustedHtml } from '../domain/html.ts';

/** The look of the receipt as a page: calm on screen, light or dark, on a phone, and on A4 paper. */
export const receiptStyle = trustedHtml(`
:root {
  color-scheme: light dark;
  --page: #f4f5f7; --sheet: #ffffff; --ink: #14181f; --soft: #59616e; --line: #e3e6ea; --note: #f4f5f7;
}
@media (prefers-color-scheme: dark) {
  :root { --page: #0f1216; --sheet: #181c22; --ink: #eceff3; --soft: #a3acb9; --line: #2c323b; --note: #20252d; }
}
* { box-sizing: border-box; }
body {
  margin: 0; padding: 48px 20px; background: var(--page); color: var(--ink);
  font: 15px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  font-variant-numeric: tabular-nums; -webkit-text-size-adjust: 100%; overflow-wrap: anywhere;
}
main {
  max-width: 800px; margin: 0 auto; padding: 56px 60px 44px; background: var(--sheet);
  border: 1px solid var(--line); border-radius: 14px;
}
h1 { margin: 0; font-size: 30px; line-height: 1.2; font-weight: 650; letter-spacing: -0.02em; }
h2, dt, th, .caption { font-size: 12.5px; line-height: 1.5; font-weight: 500; color: var(--soft); }
h2 { margin: 0 0 6px; }
p, dl, dd { margin: 0; }
.shop { margin-bottom: 40px; font-weight: 600; }
.number { margin-top: 4px; font-size: 17px; color: var(--soft); }
.test { margin-top: 20px; padding: 10px 14px; border-radius: 8px; background: var(--note); color: var(--soft); }
.facts { display: grid; grid-template-columns: repeat(3, 1fr); gap: 24px; margin-top: 36px; }
.facts.pairs { grid-template-columns: repeat(2, 1fr); }
.parties {
  display: grid; grid-template-columns: repeat(2, 1fr); gap: 40px; margin-top: 32px; padding-top: 32px;
  border-top: 1px solid var(--line);
}
.name { font-weight: 600; }
table { width: 100%; border-collapse: collapse; }
.items { margin-top: 44px; }
.rates caption { text-align: left; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
th { padding: 0 0 10px; text-align: left; vertical-align: bottom; border-bottom: 1px solid var(--line); }
td, tbody th { padding: 14px 0; vertical-align: top; border-bottom: 1px solid var(--line); }
tbody th { font-size: inherit; color: inherit; font-weight: 500; }
.figure { padding-left: 18px; text-align: right; white-space: nowrap; }
.detail { display: none; margin-top: 3px; font-weight: 400; color: var(--soft); font-size: 13.5px; }
.detail span { display: inline-block; margin-right: 14px; }
.close { display: grid; grid-template-columns: 1fr 1fr; gap: 44px; margin-top: 24px; }
.sums { order: 2; }
.sums div { display: flex; justify-content: space-between; gap: 24px; padding: 5px 0; }
.sums dd { flex: none; max-width: 75%; text-align: right; }
.sums dt { font-size: inherit; font-weight: 400; }
.sums .paid { margin-top: 10px; padding-top: 14px; border-top: 1px solid var(--ink); font-size: 20px; font-weight: 650; }
.sums .paid dt { color: var(--ink); font-weight: 600; }
.rates { margin: 5px 0 22px; }
.rates caption { padding-bottom: 8px; }
.payment dd { font-size: 13.5px; }
.payment dd + dt { margin-top: 8px; }
.rates td, .rates tbody th { padding: 5px 0; border: 0; font-size: 13.5px; font-weight: 400; }
.rates thead th { padding-bottom: 5px; }
.rates .figure { padding-left: 12px; }
footer { margin-top: 48px; padding-top: 24px; border-top: 1px solid var(--line); font-size: 13px; color: var(--soft); }
footer p + p { margin-top: 4px; }
@media (max-width: 640px) {
  body { padding: 0; background: var(--sheet); }
  main { padding: 32px 22px; border: 0; border-radius: 0; }
  h1 { font-size: 26px; }
  .shop { margin-bottom: 28px; }
  .facts, .facts.pairs { grid-template-columns: 1fr; gap: 14px; }
  .parties { grid-template-columns: 1fr; gap: 26px; }
  .items .more { display: none; }
  .close { grid-template-columns: 1fr; gap: 32px; }
  .sums { order: 0; }
  .detail { display: block; }
}
@page { size: A4; margin: 18mm 16mm; }
@media print {
  :root { --page: #ffffff; --sheet: #ffffff; --ink: #000000; --soft: #4a4f57; --line: #c9cdd3; --note: #f4f5f7; }
  body { padding: 0; font-size: 9.5pt; line-height: 1.45; }
  h1 { font-size: 20pt; }
  h2, dt, th, .caption { font-size: 8pt; }
  .rates td, .rates tbody th, .payment dd { font-size: 8.5pt; padding: 2pt 0; }
  .number { font-size: 11pt; }
  .sums .paid { font-size: 13pt; }
  main { max-width: none; padding: 0; border: 0; border-radius: 0; }
  .shop { margin-bottom: 18pt; }
  .facts, .parties, .close { margin-top: 18pt; }
  .parties { padding-top: 18pt; }
  .items { margin-top: 24pt; }
  td, tbody th { padding: 7pt 0; }
  footer { margin-top: 24pt; padding-top: 12pt; font-size: 8pt; }
  thead { display: table-header-group; }
  tr, .parties, .close, footer { break-inside: avoid; }
}
`);
