import { STATUS_CODES } from 'node:http';
import { HttpProblem, PASSING, retryAfter } from './http-problem.js';

const KEYS = 'correct AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY and AWS_REGION';
const RIGHTS =
  'the keys lack a right: they need s3:GetObject, s3:PutObject and s3:DeleteObject below the prefix, and s3:ListBucket on the bucket';
const ELSEWHERE = 'the bucket lies elsewhere: correct AWS_REGION and AWS_ENDPOINT_URL';
const SESSION = 'the session of the keys is over: give fresh ones';

/** What to do about an error code ("Error responses", Amazon S3 API Reference). */
const CURES: Readonly<Record<string, string>> = {
  AccessDenied: RIGHTS,
  AllAccessDisabled: RIGHTS,
  AuthorizationHeaderMalformed: ELSEWHERE,
  ExpiredToken: SESSION,
  InvalidAccessKeyId: KEYS,
  InvalidToken: SESSION,
  NoSuchBucket: 'there is no such bucket: make it, or correct the name',
  PermanentRedirect: ELSEWHERE,
  RequestTimeTooSkewed: 'the clock of this machine and that of the store differ: run NTP',
  SignatureDoesNotMatch: KEYS,
  TemporaryRedirect: ELSEWHERE,
};

/** The same by status, for answers without a code that is known. */
const BY_STATUS: Readonly<Record<number, string>> = {
  301: ELSEWHERE,
  302: ELSEWHERE,
  307: ELSEWHERE,
  308: ELSEWHERE,
  401: KEYS,
  403: RIGHTS,
  404: 'there is no such bucket, or no store: correct the name, AWS_ENDPOINT_URL or AWS_VIRTUAL_HOSTING',
  507: 'the store is full: make room',
};

/** Passes though its status is one of a refusal: a body that came too slowly, two writers at once. */
const PASSING_CODES = new Set(['RequestTimeout', 'OperationAborted', 'ConditionalRequestConflict']);

/** The code in the body of an error, null where it is no such body. Nothing else of it is told: it may repeat what was signed. */
export function storeCode(body: Uint8Array): string | null {
  const text = new TextDecoder().decode(body.subarray(0, 16_384));
  return /<Error\b[^>]*>[\s\S]*?<Code>([A-Za-z]{1,64})<\/Code>/.exec(text)?.[1] ?? null;
}

/** What an answer means that is not the one that was wanted. */
export function problemOfStore(
  status: number,
  code: string | null,
  retryAfterHeader: string | null,
): HttpProblem {
  const answered = `answered ${status} ${code ?? STATUS_CODES[status] ?? ''}`.trim();
  if (PASSING.has(status) || PASSING_CODES.has(code ?? '')) {
    const retryAfterMs = retryAfter(retryAfterHeader ?? undefined);
    return new HttpProblem('transport', answered, { status, retryAfterMs });
  }
  const cure = CURES[code ?? ''] ?? BY_STATUS[status] ?? 'correct AWS_ENDPOINT_URL, or look at the store';
  return new HttpProblem('input', `${answered}; ${cure}`, { status });
}
