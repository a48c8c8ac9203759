import { describe, expect, it } from 'vitest';
import { html, jpegDataUri, raw } from './html.js';

describe('html', () => {
  it('escapes text and attributes, and not markup made by itself', () => {
    const inner = html`<b>${'<i>&"\''}</b>`;
    expect(html`<p title="${'a"b'}">${inner}</p>`.markup).toBe(
      '<p title="a&quot;b"><b>&lt;i&gt;&amp;&quot;&#39;</b></p>',
    );
  });

  it('joins lists and drops what is absent', () => {
    expect(html`${['a', raw('<br>'), 0]}${null}${undefined}${false}`.markup).toBe('a<br>0');
  });

  it('drops control characters', () => {
    expect(html`${'a\u0000\u001bb\n'}`.markup).toBe('ab\n');
  });

  it('encodes only the view of a shared buffer', () => {
    const bytes = new Uint8Array([9, 255, 216, 9]).subarray(1, 3);
    expect(jpegDataUri(bytes)).toBe('data:image/jpeg;base64,/9g=');
  });
});
