/** Text that is already markup. Only `html`, `join` and `raw` make it, so that everything else gets escaped. */
export interface Html {
  readonly markup: string;
}

export type Part = string | number | Html | null | undefined | false | readonly Part[];

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Escapes text for element content and for quoted attributes. Control characters no HTML may carry are dropped. */
export function escapeHtml(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the characters to drop
  return text.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, '').replace(/[&<>"']/g, (c) => ESCAPES[c]);
}

/** Markup from a source that is trusted to be markup, e.g. a chart drawn by a library that escapes its labels. */
export function raw(markup: string): Html {
  return { markup };
}

/**
 * Tagged template for HTML and SVG: every interpolated string is escaped, `Html` goes in as it is, arrays are
 * joined, null, undefined and false vanish. Attributes must stand in double quotes.
 */
export function html(strings: TemplateStringsArray, ...parts: Part[]): Html {
  let markup = strings[0];
  parts.forEach((part, i) => {
    markup += render(part) + strings[i + 1];
  });
  return { markup };
}

function render(part: Part): string {
  if (part === null || part === undefined || part === false) return '';
  if (typeof part === 'string') return escapeHtml(part);
  if (typeof part === 'number') return String(part);
  if ('markup' in part) return part.markup;
  return part.map(render).join('');
}

/** `data:` address of a JPEG, so that the page asks for nothing outside itself. */
export function jpegDataUri(jpeg: Uint8Array): string {
  const base64 = Buffer.from(jpeg.buffer, jpeg.byteOffset, jpeg.byteLength).toString('base64');
  return `data:image/jpeg;base64,${base64}`;
}
