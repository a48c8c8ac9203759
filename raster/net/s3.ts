import { createHash } from 'node:crypto';
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

/** A bucket as plain requests reach it. */
export interface S3Bucket {
  /** As it was configured: where requests may go is decided by it. */
  readonly endpoint: string;
  request(asked: S3Asked, now?: Date): S3Request;
}

export interface S3Asked {
  readonly method: 'GET' | 'HEAD' | 'PUT' | 'DELETE';
  /** Of an object; empty for the bucket itself. */
  readonly key: string;
  readonly query?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

export interface S3Request {
  readonly url: URL;
  readonly headers: Readonly<Record<string, string>>;
}

type Env = Readonly<NodeJS.ProcessEnv>;

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
export function s3Object(written: string, env: Env = process.env): S3Object {
  const [, bucket = '', key = ''] = /^s3:\/\/([^/]*)\/(.*)$/is.exec(written) ?? [];
  if (!isBucket(bucket) || key === '')
    throw new BadInput(`${written}: is no object of a store; expected s3://bucket/folder/scene.tif`);
  const { endpoint, urlOf, sign } = storeOf(bucket, env);
  const url = urlOf(key);
  return { url, endpoint, headers: (range, now) => sign('GET', url, NOTHING, { Range: range }, now) };
}

/** A bucket's name as all stores take it. */
export function isBucket(name: string): boolean {
  return /^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/.test(name);
}

/** The bucket of that name, by the same environment variables. @throws BadInput naming what is missing */
export function s3Bucket(bucket: string, env: Env = process.env): S3Bucket {
  const { endpoint, urlOf, sign } = storeOf(bucket, env);
  return {
    endpoint,
    request({ method, key, query = {}, body }, now) {
      const url = urlOf(key);
      url.search = Object.entries(query)
        .map(([name, value]) => `${escaped(name)}=${escaped(value)}`)
        .sort()
        .join('&');
      const hash = body === undefined ? NOTHING : createHash('sha256').update(body).digest('hex');
      return { url, headers: sign(method, url, hash, {}, now) };
    },
  };
}

function storeOf(bucket: string, env: Env) {
  const region = env.AWS_REGION || env.AWS_DEFAULT_REGION || 'us-east-1';
  const endpoint = env.AWS_ENDPOINT_URL_S3 || env.AWS_ENDPOINT_URL || `https://s3.${region}.amazonaws.com`;
  if (!URL.canParse(endpoint) || !/^https?:$/.test(new URL(endpoint).protocol))
    throw new BadInput(
      `AWS_ENDPOINT_URL: ${endpoint} is no address; expected one such as https://obs.example.cn`,
    );
  const virtual = env.AWS_VIRTUAL_HOSTING?.toUpperCase() !== 'FALSE';
  const urlOf = (key: string) => {
    const url = new URL(endpoint);
    const path = key.split('/').map(escaped).join('/');
    if (virtual) url.hostname = `${bucket}.${url.hostname}`;
    url.pathname = virtual ? `/${path}` : `/${bucket}/${path}`;
    return url;
  };
  return { endpoint, urlOf, sign: signer(region, env) };
}

/** Headers of a signed request, lower case. @param hash SHA-256 of the body, which the store checks what it gets by */
type Sign = (
  method: string,
  url: URL,
  hash: string,
  headers: Readonly<Record<string, string>>,
  now?: Date,
) => Readonly<Record<string, string>>;

function signer(region: string, env: Env): Sign {
  if (/^(yes|true|1)$/i.test(env.AWS_NO_SIGN_REQUEST ?? '')) return () => ({});
  const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = env;
  if (!accessKeyId || !secretAccessKey)
    throw new BadInput(
      's3:// needs AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in the environment, or AWS_NO_SIGN_REQUEST=YES for a public bucket',
    );
  const credentials = { accessKeyId, secretAccessKey, sessionToken: env.AWS_SESSION_TOKEN };
  return (method, url, hash, headers, now = new Date()) => {
    const request = {
      method,
      host: url.host,
      path: `${url.pathname}${url.search}`,
      service: 's3',
      region,
      headers: {
        ...headers,
        'X-Amz-Content-Sha256': hash,
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
