import { FONTS } from '../shared/fonts.js';

/** The sheets' one style: every sheet is a box of exactly one A4 page, and what does not fit into its place is cut there. */
export const SHEET_STYLE = `
@page { size: A4; margin: 0; }
* { box-sizing: border-box; }
body { margin: 0; background: #fff; color: #16222c; font: 9pt/1.35 ${FONTS}; -webkit-print-color-adjust: exact; print-color-adjust: exact; }
.define { position: absolute; width: 0; height: 0; }
.sheet { position: relative; width: 210mm; height: 297mm; padding: 9mm 12mm 0; overflow: hidden; break-after: page; break-inside: avoid; }
.sheet:last-child { break-after: auto; }
header { display: flex; align-items: center; justify-content: space-between; gap: 6mm; height: 12mm; border-bottom: .6mm solid #14506e; }
h1 { margin: 0; font-size: 16pt; letter-spacing: .06em; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.number { text-align: right; font-size: 8pt; white-space: nowrap; }
.number b { display: block; font-size: 12pt; font-variant-numeric: tabular-nums; }
.notice { height: 6.4mm; margin: 1.6mm 0; border: .3mm solid #a3281f; color: #a3281f; font-weight: 700; line-height: 5.8mm; text-align: center; white-space: nowrap; overflow: hidden; }
table { width: 100%; border-collapse: collapse; table-layout: fixed; }
th, td { padding: .5mm 1.6mm; border: .2mm solid #8b98a1; text-align: left; vertical-align: middle; overflow: hidden; }
th { background: #eef2f4; font-weight: 400; color: #3f4d57; white-space: nowrap; }
.facts col.head { width: 24mm; }
.facts tr { height: 5.8mm; }
.facts tr.two { height: 9.4mm; }
.clamp { display: -webkit-box; -webkit-box-orient: vertical; -webkit-line-clamp: 1; overflow: hidden; overflow-wrap: anywhere; }
.two .clamp { -webkit-line-clamp: 2; }
.strong { font-weight: 700; }
.dot { display: inline-block; width: 2.6mm; height: 2.6mm; margin-right: 1.2mm; border-radius: 50%; vertical-align: -.2mm; }
.high { color: #a3281f; font-weight: 700; }
.pair { display: flex; justify-content: space-between; margin-top: 2mm; }
figure { width: 91mm; margin: 0; }
figure svg, .blank { display: block; width: 91mm; height: 91mm; border: .2mm solid #54636e; }
.blank { display: flex; align-items: center; justify-content: center; background: #f1f1f1; color: #54636e; }
figcaption { height: 5mm; line-height: 5mm; text-align: center; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.where { display: flex; justify-content: space-between; gap: 3mm; height: 58.5mm; margin-top: 1mm; }
.where > svg { width: 84mm; height: 53.2mm; border: .2mm solid #54636e; flex: none; }
.place { width: 84mm; }
.place svg { display: block; width: 84mm; height: 53.2mm; border: .2mm solid #54636e; }
.place p, .points p { margin: .6mm 0 0; font-size: 7pt; line-height: 1.3; color: #3f4d57; overflow-wrap: anywhere; }
.points { flex: 1; overflow: hidden; }
.points table { font-size: 7.2pt; line-height: 1.2; font-variant-numeric: tabular-nums; }
.points th, .points td { padding: .1mm .8mm; height: 3.9mm; text-align: right; }
.points th:first-child, .points td:first-child { width: 7mm; text-align: center; }
.visit { margin-top: 1.5mm; }
.visit th { width: 18mm; }
.visit tr { height: 7mm; }
.visit tr.tall { height: 11mm; }
.visit td { white-space: nowrap; }
footer { position: absolute; left: 12mm; right: 12mm; bottom: 4mm; display: flex; justify-content: space-between; font-size: 7pt; color: #54636e; }
footer span:first-child { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
@media screen { body { background: #dfe4e7; } .sheet { margin: 6mm auto; background: #fff; box-shadow: 0 1px 4px #0004; } }
`;
