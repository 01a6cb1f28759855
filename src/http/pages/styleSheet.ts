import { trustedHtml } from '../../domain/html.ts';

/** The one style sheet of our pages. It stands inline, and the content security policy names its hash. */
export const styleSheet = `
:root {
  color-scheme: light dark;
  --ground: #f4f5f7; --card: #ffffff; --ink: #14181f; --soft: #59616e; --line: #e3e6ea;
  --accent: #1f4e5f; --on-accent: #ffffff;
}
@media (prefers-color-scheme: dark) {
  :root {
    --ground: #0f1216; --card: #181c22; --ink: #eceff3; --soft: #a3acb9; --line: #2c323b;
    --accent: #8cc8dc; --on-accent: #0f1c22;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; padding: 24px 16px; min-height: 100vh; min-height: 100dvh;
  display: flex; flex-direction: column; align-items: center; justify-content: center;
  background: var(--ground); color: var(--ink);
  font: 17px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif;
  -webkit-text-size-adjust: 100%; overflow-wrap: anywhere;
}
.shop { width: 100%; max-width: 480px; margin: 0 0 14px; padding: 0 4px; color: var(--soft); font-size: 15px; font-weight: 600; }
main {
  width: 100%; max-width: 480px; padding: 32px 28px; background: var(--card);
  border: 1px solid var(--line); border-radius: 14px;
}
.mark { display: block; width: 44px; height: 44px; margin: 0 0 20px; color: var(--accent); }
h1 { margin: 0 0 12px; font-size: 26px; line-height: 1.25; font-weight: 650; letter-spacing: -0.02em; text-wrap: balance; }
p { margin: 0 0 12px; }
.book { margin: 0 0 16px; padding: 2px 0 2px 14px; border-inline-start: 3px solid var(--accent); font-weight: 600; }
.hidden { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); white-space: nowrap; }
.bar { height: 6px; margin: 20px 0 24px; border-radius: 3px; background: var(--line); overflow: hidden; }
.bar i { display: block; width: 40%; height: 100%; border-radius: 3px; background: var(--accent); animation: slide 1.6s ease-in-out infinite alternate; }
@keyframes slide { to { transform: translateX(150%); } }
@media (prefers-reduced-motion: reduce) { .bar i { animation: none; } }
.action {
  display: inline-block; margin: 12px 0 0; padding: 12px 22px; border-radius: 10px;
  background: var(--accent); color: var(--on-accent); font-weight: 600; text-decoration: none;
}
button.action { border: 0; font: inherit; font-weight: 600; cursor: pointer; }
.other { margin: 16px 0 0; }
.action:hover { text-decoration: underline; }
main > p:last-child { margin-bottom: 0; }
a { color: var(--accent); }
a:focus-visible, button:focus-visible { outline: 3px solid var(--accent); outline-offset: 3px; border-radius: 10px; }
.help { margin: 24px 0 0; padding-top: 16px; border-top: 1px solid var(--line); color: var(--soft); font-size: 15px; }
`;

/** Whole, because the hash holds only when not one space is added inside the element. */
export const styleElement = trustedHtml(`<style>${styleSheet}</style>`);
