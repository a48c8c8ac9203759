import iconv from 'iconv-lite';
import { expect, it } from 'vitest';
import { encoderOf } from './encoding.js';

it('writes square metres and firm blanks in GBK, which has other signs for them', () => {
  const encoder = encoderOf('gbk');
  const text = '新增建筑 236\u00a0m²，置信度 0.97';
  expect(iconv.decode(Buffer.from(encoder.encode(text)), 'gbk')).toBe('新增建筑 236 ㎡，置信度 0.97');
  expect(iconv.decode(Buffer.from(encoder.encodeCut(text, 16)), 'gbk')).toBe('新增建筑 236 ㎡');
  expect([encoder.lacking(), encoder.cut()]).toEqual([0, 1]);
  expect(Buffer.from(encoderOf('utf-8').encode(text)).toString()).toBe(text);
});
