/** What ends the text or number a payload may land in. */
const ENDINGS = [
  "'",
  '"',
  "')",
  "'))",
  '1',
  '1)',
  "\\'",
  "x';",
  '$$',
  "'::text",
  '\u02bc',
  "2026-08'",
  '%27',
  "'/**/",
  '`',
] as const;

/** What an attacker would have run: something always true, somebody's secrets, a pause, a change, a file, an error that talks. */
const BODIES = [
  ' OR 1=1--',
  'OR(1=1)OR(1=1)--',
  ' UNION SELECT name,password,role,1,2,3,4,5,6,7 FROM tuban.web_user--',
  ';DELETE FROM tuban.web_user--',
  ';DROP TABLE tuban.lead CASCADE--',
  ";UPDATE tuban.web_user SET role='administrator'--",
  ' AND 1=(SELECT 1 FROM pg_sleep(5))--',
  '||(SELECT(pg_sleep(5)))--',
  ' AND 1=CAST((SELECT(password)FROM(tuban.web_user)LIMIT(1))AS(int))--',
  ";COPY tuban.web_user TO '/tmp/stolen'--",
  ";CREATE ROLE evil SUPERUSER LOGIN PASSWORD 'x'--",
  ' OR pg_read_file($1) IS NOT NULL--',
  ';TRUNCATE(tuban.audit_log)--',
] as const;

/** Those that are none of the pattern: bytes that end texts, JSON paths, CQL2, likes, numbers that are none, deep nests. */
const OTHERS = [
  "class='building_new' OR 1=1",
  "class = 'building_new'; DROP TABLE tuban.lead",
  "class LIKE '%' AND EXISTS(SELECT 1)",
  "number = '' OR pg_sleep(5) IS NULL",
  "class IN ('a','b') UNION SELECT 1",
  '{"op":"=","args":[{"property":"class\') OR 1=1--"},"x"]}',
  '{"op":"; DROP TABLE tuban.lead","args":[]}',
  `${'('.repeat(400)}class='x'${')'.repeat(400)}`,
] as const;

/** 200 texts, each of which would do harm where SQL is put together from text. */
export const SQL_PAYLOADS: readonly string[] = [
  ...ENDINGS.flatMap((ending) => BODIES.map((body) => ending + body)).slice(0, 200 - OTHERS.length),
  ...OTHERS,
];
