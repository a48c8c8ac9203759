import { FONTS } from '../shared/fonts.js';

/** The report's one style sheet: screen, phone and A4. It asks for nothing outside the page. */
export const STYLE = `
:root { --ink: #1c2a35; --soft: #5c6b76; --line: #cfd6db; --head: #eef2f4; --accent: #14506e; }
* { box-sizing: border-box; }
body { margin: 0; background: #f3f5f6; color: var(--ink); font: 15px/1.65 ${FONTS}; -webkit-text-size-adjust: 100%; }
main { max-width: 1040px; margin: 0 auto; padding: 32px 40px 48px; background: #fff; }
h1, h2, h3, p, figure, dl, dd, ul { margin: 0; }
h1 { font-size: 27px; line-height: 1.35; letter-spacing: .02em; overflow-wrap: anywhere; }
h1 span { color: var(--accent); }
h2 { margin: 38px 0 12px; padding: 0 0 6px; font-size: 20px; border-bottom: 2px solid var(--accent); overflow-wrap: anywhere; }
h3 { margin: 24px 0 8px; font-size: 16px; }
.top { border-bottom: 4px double var(--accent); padding-bottom: 16px; }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: 2px 16px; margin-top: 10px; font-size: 14px; }
.facts dt { color: var(--soft); }
.facts dd { overflow-wrap: anywhere; }
.warn { margin: 16px 0 0; padding: 8px 14px; border: 1px solid #d9a441; background: #fdf6e3; font-size: 14px; }
.summary { padding-left: 1.3em; }
.summary li { margin: 4px 0; overflow-wrap: anywhere; }
.summary ul { padding-left: 1.2em; }
.note { margin: 6px 0; color: var(--soft); font-size: 13px; overflow-wrap: anywhere; }
.figures { display: grid; grid-template-columns: repeat(auto-fit, minmax(148px, 1fr)); gap: 10px; margin: 6px 0 4px; }
.figures div { border: 1px solid var(--line); border-top: 3px solid var(--accent); padding: 8px 10px; break-inside: avoid; }
.figures dt { font-size: 13px; color: var(--soft); }
.figures dd { font-size: 20px; font-weight: 700; line-height: 1.4; font-variant-numeric: tabular-nums; white-space: nowrap; }
.figures dd.sub { font-size: 12px; font-weight: 400; color: var(--soft); white-space: normal; }
.maps { display: grid; grid-template-columns: repeat(3, 1fr); gap: 10px; }
.maps figure { min-width: 0; break-inside: avoid; }
.maps svg { display: block; width: 100%; height: auto; }
.maps figcaption { font-size: 12.5px; color: var(--soft); }
h4 { margin: 14px 0 4px; font-size: 13.5px; break-after: avoid; }
tr.inner th { padding-left: 2em; color: var(--soft); }
tr.inner td { color: var(--soft); }
.trend thead th, .ranking thead th, .teams thead th { white-space: normal; vertical-align: bottom; }
.ranking thead th:first-child { white-space: nowrap; }
.leads { max-width: 620px; }
.scroll { overflow-x: auto; }
table { width: 100%; border-collapse: collapse; font-size: 13px; line-height: 1.4; font-variant-numeric: tabular-nums; }
th, td { padding: 4px 6px; border-bottom: 1px solid var(--line); text-align: right; white-space: nowrap; vertical-align: middle; }
thead th { background: var(--head); border-top: 2px solid var(--ink); border-bottom: 1px solid var(--ink); font-weight: 700; }
thead tr + tr th { border-top: 0; }
th.place, th.text, td.text { text-align: left; }
th.place { white-space: normal; min-width: 6em; max-width: 14em; overflow-wrap: anywhere; }
td.wrap { white-space: normal; min-width: 6em; max-width: 14em; overflow-wrap: anywhere; }
tbody th { font-weight: 400; }
td small { color: var(--soft); font-size: 12px; }
td.none { color: #8d99a2; }
td[colspan].none { text-align: center; }
tr.total th, tr.total td, tbody.total th, tbody.total td { font-weight: 700; background: var(--head); }
table { border-bottom: 2px solid var(--ink); }
.classes thead th { text-align: right; vertical-align: bottom; white-space: normal; word-break: keep-all; }
.short { break-inside: avoid; }
.classes thead th.place, .states thead th.text, .states thead th.place { text-align: left; }
.classes td.sum { background: #f7f9fa; }
.states thead th[colspan] { text-align: center; }
.states tr.sub th, .states tr.sub td { background: #f7f9fa; }
.states thead th[rowspan] { white-space: normal; vertical-align: bottom; }
td.up { color: #0b5394; }
td.down { color: #a61c00; }
.no { font-family: ui-monospace, "Cascadia Mono", Menlo, Consolas, monospace; font-size: 12px; }
.dot { display: inline-block; width: 11px; height: 11px; margin-right: 5px; border-radius: 2px; vertical-align: -1px; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.drawing { overflow-x: auto; break-inside: avoid; }
.drawing svg { display: block; width: 100%; height: auto; }
svg text { font-family: ${FONTS}; }
.halo text { paint-order: stroke; stroke: #fff; stroke-width: 3.6px; stroke-linejoin: round; }
svg text.dark { paint-order: stroke; stroke: #000; stroke-opacity: .7; stroke-width: 3px; stroke-linejoin: round; }
.legend { display: flex; flex-wrap: wrap; gap: 2px 18px; margin: 8px 0 2px; padding: 0; list-style: none; font-size: 13px; }
.legend .border { display: inline-block; width: 22px; margin-right: 5px; border-top: 2px dashed #1d2b36; vertical-align: 4px; }
.cards { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 400px), 1fr)); gap: 14px; margin-top: 8px; }
.card { border: 1px solid var(--line); padding: 8px 10px; break-inside: avoid; min-width: 0; }
.card header { display: flex; flex-wrap: wrap; align-items: center; gap: 2px 6px; margin-bottom: 6px; font-size: 14px; }
.card header .dot { margin: 0; }
.card .rank { min-width: 1.7em; padding: 0 4px; background: var(--ink); color: #fff; text-align: center; font-size: 12px; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
.card .no { margin-left: auto; color: var(--soft); overflow-wrap: anywhere; }
.card p { margin-top: 4px; font-size: 12.5px; line-height: 1.5; overflow-wrap: anywhere; }
.pair { display: grid; grid-template-columns: 1fr 1fr; gap: 6px; }
.pair svg { display: block; width: 100%; height: auto; }
.pair figcaption { font-size: 12px; color: var(--soft); text-align: center; }
.bottom { font-size: 13px; }
.bottom p { margin: 6px 0; }
.disclaimer { padding: 8px 14px; border: 1px solid #a61c00; color: #a61c00; font-weight: 700; font-size: 14px; }
@media (max-width: 700px) {
  main { padding: 18px 14px 30px; }
  h1 { font-size: 22px; }
  .facts { grid-template-columns: 1fr; gap: 0; }
  .facts dd { margin-bottom: 4px; }
  .drawing svg { min-width: 640px; }
  .card p, .card .no { font-size: 12px; }
  .figures { grid-template-columns: 1fr 1fr; }
  .maps { grid-template-columns: 1fr 1fr; }
  .figures dd { font-size: 17px; }
}
@page { size: A4; margin: 14mm 12mm 15mm; @bottom-center { content: counter(page) " / " counter(pages); font: 8pt ${FONTS}; color: #5c6b76; } }
@media print {
  body { background: none; font-size: 10pt; }
  main { max-width: none; padding: 0; }
  h1 { font-size: 18pt; }
  h2 { margin-top: 18pt; font-size: 13.5pt; break-after: avoid; }
  h2.page { break-before: page; margin-top: 0; }
  h3 { margin-top: 12pt; font-size: 11pt; break-after: avoid; }
  h3 + .note, .note:has(+ .scroll), .note:has(+ .drawing), .note:has(+ .note), .note:has(+ h3) { break-after: avoid; }
  .scroll, .drawing { overflow: visible; }
  table { font-size: 7.8pt; }
  .states { font-size: 7pt; }
  .maps figcaption { font-size: 7.8pt; }
  h4 { font-size: 9.5pt; }
  th, td { padding: 2pt 3pt; }
  td small { font-size: 7.2pt; }
  thead { display: table-header-group; }
  tr, figure { break-inside: avoid; }
  .note, .bottom { font-size: 8.5pt; }
  .facts, .warn, .legend { font-size: 9pt; }
  .figures { grid-template-columns: repeat(3, 1fr); gap: 6pt; }
  .figures dd { font-size: 14pt; }
  .figures dd.sub { font-size: 8pt; }
  .figures dt { font-size: 8.5pt; }
  .drawing svg.map { width: auto; max-width: 100%; max-height: 205mm; margin: 0 auto; }
  .cards { grid-template-columns: 1fr 1fr; gap: 7pt; }
  .card header { font-size: 9pt; }
  .card p, .pair figcaption { font-size: 7.8pt; }
  .card .no, .no { font-size: 7.5pt; }
  .disclaimer { break-inside: avoid; break-before: avoid; }
  .warn, .disclaimer, thead th, tr.total th, tr.total td, tbody.total th, tbody.total td { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
}
`;
