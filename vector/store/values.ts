/** One reading of PostgreSQL's text values for both drivers, whose own readings differ (FACTS: Date, bigint, time zone). */
export type TextParser = (text: string) => unknown;

/** pg_type.oid of the types whose default reading is replaced. */
const OID = { bytea: 17, int8: 20, date: 1082, timestamp: 1114, timestamptz: 1184, numeric: 1700 } as const;

export const TEXT_PARSERS: ReadonlyMap<number, TextParser> = new Map<number, TextParser>([
  // hex format, the default since PostgreSQL 9.0
  [OID.bytea, (text) => new Uint8Array(Buffer.from(text.slice(2), 'hex'))],
  [OID.int8, Number],
  [OID.numeric, Number],
  // a date stays text: as a Date it moves by a day east of Greenwich
  [OID.date, (text) => text],
  [OID.timestamp, (text) => text.replace(' ', 'T')],
  [OID.timestamptz, timestampToIso],
]);

/** `2026-08-01 08:00:00.5+08` → `2026-08-01T00:00:00.500Z`; what is no instant ('infinity') stays as it is. */
export function timestampToIso(text: string): string {
  const iso = text.replace(' ', 'T').replace(/([+-]\d{2})$/, '$1:00');
  const instant = new Date(iso);
  return Number.isNaN(instant.getTime()) ? text : instant.toISOString();
}
