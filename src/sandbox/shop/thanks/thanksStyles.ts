import type { Html } from '../../htmlTemplate.ts';

/** What the page after the checkout adds to the shop's look. */
export const thanksStyles: Html = {
  markup: `
[hidden] { display: none !important; }
ol.steps { list-style: none; margin: 1.25rem 0; padding: 0; display: grid; grid-template-columns: repeat(3, 1fr); gap: .75rem; }
ol.steps li { border-top: .3rem solid var(--line); padding-top: .5rem; min-width: 0; overflow-wrap: anywhere; }
ol.steps li.done { border-color: var(--good); }
ol.steps li.underWay { border-color: var(--accent); }
ol.steps b, ol.steps span { display: block; }
ol.steps [data-live] { font-weight: normal; }
ol.steps span { color: var(--soft); font-size: .92rem; }
ol.steps li.done b::before { content: '\\2713\\00a0'; color: var(--good); }
.ask { background: var(--paper); border: 1px solid var(--line); border-left: .3rem solid var(--accent); border-radius: .4rem; padding: 1rem; margin: 1.25rem 0; display: grid; gap: .6rem; overflow-wrap: anywhere; }
.ask h2, .ask p { margin: 0; }
.corrected { background: var(--paper); border: 1px solid var(--line); border-left: .3rem solid var(--good); border-radius: .4rem; padding: .8rem 1rem; overflow-wrap: anywhere; }
ul.copies { list-style: none; margin: 1rem 0; padding: 0; }
ul.copies li { display: flex; flex-wrap: wrap; gap: .2rem .75rem; align-items: baseline; padding: .5rem 0; border-bottom: 1px solid var(--line); }
ul.copies .title { font-weight: bold; flex: 1 1 12rem; min-width: 0; overflow-wrap: anywhere; }
.badge { padding: 0 .6rem; border-radius: 1rem; font-size: .85rem; border: 1px solid currentColor; white-space: nowrap; }
.badge.ready { color: var(--good); }
.badge.preparing { color: var(--soft); }
.badge.ended { color: var(--bad); }
main.narrow > h2 { margin-top: 1.5rem; }
td.count { white-space: nowrap; }
@media (max-width: 26rem) {
  ul.copies .title { flex-basis: 100%; }
  ol.steps { grid-template-columns: 1fr; }
  ol.steps li { border-top: 0; border-left: .3rem solid var(--line); padding: 0 0 0 .7rem; }
}
`,
};
