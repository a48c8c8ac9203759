import aws4 from 'aws4';
import { BadInput } from '../errors.js';

/** An object of an S3-compatible store as plain requests reach it. */
export interface S3Object {
  readonly url: URL;
  /** As it was configured: where requests may go is decided by it. */
  readonly endpoint: string;
  /** Headers that a GET of these bytes takes (Signature Version 4); none for public buckets. @param range `bytes=0-9` */
  headers(range: string, now?: Date): Readonly<Record<string, string>>;
}

const S3 = /^s3:\/\//i;
/** Of an empty body: SHA-256 of nothing. */
const NOTHING = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
/** RFC 3986, "Unreserved Characters": all else is escaped as the signature has it. */
const escaped = (text: string) =>
  encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);

export function isS3(text: string): boolean {
  return S3.test(text);
}

/**
 * Where `s3://bucket/key` lies and how it is signed, by the environment variables that AWS's tools and GDAL read:
 * AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY, AWS_SESSION_TOKEN; AWS_NO_SIGN_REQUEST=YES for public buckets; AWS_REGION;
 * AWS_ENDPOINT_URL of another store (OBS, OSS, MinIO), with AWS_VIRTUAL_HOSTING=FALSE where the bucket is part of its paths.
 * @throws BadInput naming what is missing
 */
export function s3Object(written: string, env: Readonly<NodeJS.ProcessEnv> = process.env): S3Object {
  const [, bucket, key] = /^s3:\/\/([^/]*)\/(.*)$/is.exec(written) ?? [];
  if (!/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(bucket ?? '') || key === '')
    throw new BadInput(`${written}: is no object of a store; expected s3://bucket/folder/scene.tif`);
  const region = env.AWS_REGION || env.AWS_DEFAULT_REGION || 'us-east-1';
  const endpoint = env.AWS_ENDPOINT_URL_S3 || env.AWS_ENDPOINT_URL || `https://s3.${region}.amazonaws.com`;
  if (!URL.canParse(endpoint) || !/^https?:$/.test(new URL(endpoint).protocol))
    throw new BadInput(
      `AWS_ENDPOINT_URL: ${endpoint} is no address; expected one such as https://obs.example.cn`,
    );
  const url = new URL(endpoint);
  const path = key.split('/').map(escaped).join('/');
  const virtual = env.AWS_VIRTUAL_HOSTING?.toUpperCase() !== 'FALSE';
  if (virtual) url.hostname = `${bucket}.${url.hostname}`;
  url.pathname = virtual ? `/${path}` : `/${bucket}/${path}`;
  return { url, endpoint, headers: signer(url, region, env) };
}

function signer(url: URL, region: string, env: Readonly<NodeJS.ProcessEnv>): S3Object['headers'] {
  if (/^(yes|true|1)$/i.test(env.AWS_NO_SIGN_REQUEST ?? '')) return () => ({});
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env;
  if (!accessKeyId || !secretAccessKey)
    throw new BadInput(
      's3:// needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment, or AWS_NO_SIGN_REQUEST=YES for a public bucket',
    );
  const credentials = { accessKeyId, secretAccessKey, sessionToken: env.AWS_SESSION_TOKEN };
  return (range, now = new Date()) => {
    const request = {
      host: url.host,
      path: url.pathname,
      service: 's3',
      region,
      headers: {
        Range: range,
        'X-Amz-Content-Sha256': NOTHING,
        'X-Amz-Date': now.toISOString().replace(/[-:]|\.\d+/g, ''),
      },
      extraHeadersToInclude: { range: true },
    };
    const signed = aws4.sign(request, credentials);
    return Object.fromEntries(
      Object.entries(signed.headers ?? {})
        .filter(([name]) => name !== 'Host')
        .map(([name, value]) => [name.toLowerCase(), String(value)]),
    );
  };
}
