import type { Html } from '../../htmlTemplate.ts';

/** What the shelf adds to the shop's look. */
export const shelfStyles: Html = {
  markup: `
.account { display: flex; flex-wrap: wrap; gap: .5rem 1rem; align-items: center; justify-content: space-between; overflow-wrap: anywhere; }
.account button { width: auto; padding: .4rem .9rem; }
.note { background: var(--paper); border: 1px solid var(--line); border-left: .3rem solid var(--accent); border-radius: .4rem; padding: .8rem 1rem; margin: 1rem 0; overflow-wrap: anywhere; }
.note.bad { border-left-color: var(--bad); }
.shelf { list-style: none; margin: 1rem 0; padding: 0; display: grid; gap: 1.25rem; }
.shelf > li { display: grid; grid-template-columns: 7rem 1fr; gap: 1.25rem; align-items: start; }
.shelf .cover { height: 9.5rem; padding: .7rem; font-size: .85rem; }
.about { min-width: 0; }
.about h2 { overflow-wrap: anywhere; }
.badge { display: inline-block; padding: 0 .6rem; border-radius: 1rem; font-size: .85rem; border: 1px solid currentColor; margin-right: .5rem; }
.badge.ready { color: var(--good); }
.badge.waiting { color: var(--soft); }
.formats { display: flex; flex-wrap: wrap; gap: .6rem; margin: .8rem 0; }
.formats button { width: auto; }
.formats small { font-weight: normal; opacity: .85; }
.facts { display: grid; grid-template-columns: repeat(auto-fit, minmax(10rem, 1fr)); gap: .5rem 1.25rem; margin: .8rem 0 0; font-size: .92rem; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
@media (max-width: 34rem) {
  .shelf > li { grid-template-columns: 1fr; }
  .shelf .cover { height: 4.5rem; }
  .formats form, .formats button { width: 100%; }
}
`,
};
