import { describe, expect, it } from 'vitest';
import { s3Object } from './s3.js';

const KEYS = {
  AWS_ACCESS_KEY_ID: 'AKIAIOSFODNN7EXAMPLE',
  AWS_SECRET_ACCESS_KEY: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
};

describe('s3Object', () => {
  // "Signature Calculations for the Authorization Header", Amazon S3 API Reference, example "GET Object"
  it('signs as the example of the reference', () => {
    const env = { ...KEYS, AWS_ENDPOINT_URL: 'https://s3.amazonaws.com' };
    const { url, headers } = s3Object('s3://examplebucket/test.txt', env);
    expect(url.href).toBe('https://examplebucket.s3.amazonaws.com/test.txt');
    const { authorization, range } = headers('bytes=0-9', new Date('2013-05-24T00:00:00Z'));
    expect(range).toBe('bytes=0-9');
    expect(authorization).toContain(
      'Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
    );
    expect(authorization).toContain('SignedHeaders=host;range;x-amz-content-sha256;x-amz-date');
  });

  it('reaches other stores by bucket in the host or in the path, keys with signs and Chinese', () => {
    const env = { ...KEYS, AWS_ENDPOINT_URL: 'https://obs.example.cn', AWS_REGION: 'cn-south-1' };
    expect(s3Object('s3://tiles/2026 年/a+b(1).tif', env).url.href).toBe(
      'https://tiles.obs.example.cn/2026%20%E5%B9%B4/a%2Bb%281%29.tif',
    );
    const inPath = { ...env, AWS_ENDPOINT_URL: 'http://10.0.0.5:9000', AWS_VIRTUAL_HOSTING: 'FALSE' };
    const object = s3Object('s3://tiles/08/scene.tif', inPath);
    expect([object.url.href, object.endpoint]).toEqual([
      'http://10.0.0.5:9000/tiles/08/scene.tif',
      'http://10.0.0.5:9000',
    ]);
    expect(object.headers('bytes=0-0').authorization).toMatch(/\/cn-south-1\/s3\/aws4_request/);
  });

  it('sends a session’s token, and nothing to a public bucket', () => {
    const { headers } = s3Object('s3://tiles/a.tif', { ...KEYS, AWS_SESSION_TOKEN: 'of-the-session' });
    expect(headers('bytes=0-0')['x-amz-security-token']).toBe('of-the-session');
    expect(s3Object('s3://tiles/a.tif', { AWS_NO_SIGN_REQUEST: 'YES' }).headers('bytes=0-0')).toEqual({});
  });

  it.each([
    ['s3://tiles', KEYS, /expected s3:\/\/bucket/],
    ['s3://tiles/', KEYS, /expected s3:\/\/bucket/],
    ['s3://user@host/a.tif', KEYS, /expected s3:\/\/bucket/],
    ['s3://../a.tif', KEYS, /expected s3:\/\/bucket/],
    ['s3://tiles/a.tif', {}, /AWS_ACCESS_KEY_ID/],
    ['s3://tiles/a.tif', { ...KEYS, AWS_ENDPOINT_URL: 'file:///etc' }, /AWS_ENDPOINT_URL: file/],
  ])('%s is refused', (written, env, message) => {
    expect(() => s3Object(written, env)).toThrow(message);
  });
});
