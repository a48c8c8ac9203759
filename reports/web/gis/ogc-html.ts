import { html } from '../../shared/html.js';
import type { landing } from './ogc-documents.js';

/** The landing page for people: what it is, and where to go with a GIS. No script, no style from elsewhere. */
export function landingHtml({ title, description, links }: ReturnType<typeof landing>): string {
  const [self] = links;
  const rows = links
    .filter(({ rel }) => !rel.includes('/') && rel !== 'self')
    .map((link) => html`<li><a href="${link.href}">${link.title}</a></li>`);
  return html`<!doctype html>
<html lang="zh-CN">
<head><meta charset="utf-8"><title>${title}</title></head>
<body>
<h1>${title}</h1>
<p>${description}</p>
<p>QGIS：图层 → 添加图层 → 添加 WFS / OGC API – Features 图层，地址 <code>${self.href}</code>，认证用 API 令牌（Bearer）。</p>
<p>QGIS: Layer → Add Layer → Add WFS / OGC API – Features Layer, with that address and an API token (Bearer).</p>
<ul>${rows}</ul>
</body>
</html>
`.markup;
}
