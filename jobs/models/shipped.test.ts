import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { misfit } from '../../kernels/learned/model.js';
import { openModel } from '../../kernels/learned/session.js';
import { loadModel } from './load.js';
import { findModel, listModels } from './shelf.js';

const Values = z.object({ shape: z.array(z.number()), values: z.array(z.number()) });
const Reference = z.object({ before: Values, after: Values, probability: Values });

describe('the model that ships', async () => {
  const [shipped, ...others] = (await listModels('/nowhere')).filter((one) => one.shipped);
  const model = await loadModel(shipped.folder);

  it('is one, has its name, a free licence, and data of the generator alone', async () => {
    expect(others).toEqual([]);
    expect(shipped.id).toBe('buildings-samples@6');
    expect(model.card.licence).toBe('Apache-2.0');
    expect(model.card.training).toMatchObject({ licence: 'Apache-2.0: tuban samples, seeds 7001 to 7030' });
    // its confidence means something: what is sent at once goes by it
    expect(Object.keys(model.card.calibration)).toEqual(['building_new', 'building_removed']);
    expect((await findModel('/nowhere', 'buildings-samples')).card.sha256).toBe(model.card.sha256);
  });

  it('is for scenes of 2 m with near infrared, and for no others', () => {
    const four = new Set(['blue', 'green', 'red', 'nir'] as const);
    expect(misfit(model.card, four, 2)).toBeNull();
    expect(misfit(model.card, four, 10)).toMatch(/m/);
    expect(misfit(model.card, new Set(['blue', 'green', 'red'] as const), 2)).toMatch(/nir/);
  });

  it('says here what it says in PyTorch, to 1e-4', async () => {
    const file = join(shipped.folder, 'reference.json');
    const { before, after, probability } = Reference.parse(JSON.parse(readFileSync(file, 'utf8')));
    const [, , height, width] = before.shape;
    const session = await openModel(model);
    const { data, stride } = await session.run(
      Float32Array.from(before.values),
      Float32Array.from(after.values),
      width,
      height,
    );
    await session.close();
    expect(stride).toBe(1);
    expect(data).toHaveLength(probability.values.length);
    let most = 0;
    data.forEach((value, i) => {
      most = Math.max(most, Math.abs(value - probability.values[i]));
    });
    expect(most).toBeLessThan(1e-4);
    expect(Math.max(...data) - Math.min(...data)).toBeGreaterThan(0.5);
  });
});
