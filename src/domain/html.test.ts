import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { escapeHtml, html, trustedHtml } from './html.ts';

describe('html', () => {
  it('escapes texts in content and in attributes', () => {
    const evil = `</td><img src=x onerror='alert(1)'> & "quotes"`;
    expect(html`<p title="${evil}">${evil}</p>`.markup).toBe(
      `<p title="${escapeHtml(evil)}">${escapeHtml(evil)}</p>`,
    );
    expect(escapeHtml(evil)).toBe(
      '&lt;/td&gt;&lt;img src=x onerror=&#39;alert(1)&#39;&gt; &amp; &quot;quotes&quot;',
    );
  });

  it('keeps markup, joins lists and leaves out what is not there', () => {
    const items = ['a', '<b>'].map((text) => html`<li>${text}</li>`);
    const list = html`${items}${null}${undefined}${false}${0}`;
    expect(list.markup).toBe('<li>a</li><li>&lt;b&gt;</li>0');
    expect(html`${trustedHtml('<hr>')}`.markup).toBe('<hr>');
  });

  it('does not take template syntax or entities of buyers for its own', () => {
    const name = '${7*7} {{7*7}} <%=1%> &lt;b&gt; $& $1';
    expect(html`${name}`.markup).toBe('${7*7} {{7*7}} &lt;%=1%&gt; &amp;lt;b&amp;gt; $&amp; $1');
  });

  it('lets no text out that could open a tag or close an attribute', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(html`${text}`.markup).not.toMatch(/[<>"']|&(?!(amp|lt|gt|quot|#39);)/);
      }),
    );
  });
});
