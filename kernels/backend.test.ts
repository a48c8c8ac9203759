import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GPU } from 'gpu.js';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { BACKENDS, BackendUnavailable, openBackend } from './backend.js';
import type { Thread } from './indices.js';
import { vulkanDrivers } from './vulkan.js';

const folder = mkdtempSync(join(tmpdir(), 'tuban-vulkan-'));
const empty = join(folder, 'empty');
mkdirSync(empty);

afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

describe('openBackend', () => {
  it('answers auto with a backend that runs, and names it', async () => {
    const backend = await openBackend('auto');
    try {
      expect(BACKENDS).toContain(backend.name);
      const kernel = backend.compile(double, 3, {});
      expect([...(await kernel.run([Float32Array.of(1, 2, 3)]))]).toEqual([2, 4, 6]);
    } finally {
      await backend.close();
    }
  });

  it('gives the backend asked for by name', async () => {
    for (const name of ['cpu', 'webasm'] as const) {
      const backend = await openBackend(name);
      expect(backend.name).toBe(name);
      await backend.close();
    }
  });

  it.runIf(process.platform === 'linux')(
    'refuses webgpu by name where no Vulkan driver is installed, and says so',
    async () => {
      vi.stubEnv('VK_DRIVER_FILES', empty);
      await expect(openBackend('webgpu')).rejects.toThrow(BackendUnavailable);
      await expect(openBackend('webgpu')).rejects.toThrow(
        'Backend "webgpu" does not work here (webgpu: no Vulkan driver is installed)',
      );
    },
  );

  it.runIf(process.platform === 'linux')(
    'takes another backend for auto there, and names that one',
    async () => {
      vi.stubEnv('VK_DRIVER_FILES', empty);
      const backend = await openBackend('auto');
      expect(backend.name).toBe('webasm');
      await backend.close();
    },
  );

  it('never lets a kernel run on another backend in silence', async () => {
    const backend = await openBackend('webasm');
    try {
      // what is left of a kernel after GPU.js has handed it to cpu
      const fallen = Object.assign(() => Float32Array.of(2), {
        kernel: { constructor: { mode: 'cpu' }, fallbackReason: 'out of memory' },
      });
      vi.spyOn(GPU.prototype, 'createKernel').mockReturnValue(fallen as never);
      const run = () => backend.compile(double, 1, {}).run([Float32Array.of(1)]);
      await expect(run()).rejects.toThrow(BackendUnavailable);
      await expect(run()).rejects.toThrow('Kernel "double" ran on cpu instead of webasm: out of memory');
    } finally {
      await backend.close();
    }
  });

  it.each([
    'cpu',
    'webasm',
  ] as const)('keeps a parameter apart from a constant of the same name on %s', async (name) => {
    const backend = await openBackend(name);
    try {
      const kernel = backend.compile(sameName, 2, { level: 100 });
      expect([...(await kernel.run([Float32Array.of(1, 2)]))]).toEqual([101, 102]);
    } finally {
      await backend.close();
    }
  });

  it('frees one of several open backends without harm to the others', async () => {
    const [one, two] = [await openBackend('auto'), await openBackend('auto')];
    await one.close();
    await one.close();
    expect([...(await two.compile(double, 1, {}).run([Float32Array.of(4)]))]).toEqual([8]);
    await two.close();
  });
});

const double = {
  name: 'double',
  kernel: function kernel(this: Thread, plane: number[]) {
    return 2 * plane[this.thread.x];
  },
};

function same(level: number): number {
  return level;
}

const sameName = {
  name: 'same_name',
  kernel: function kernel(this: Thread<{ level: number }>, plane: number[]) {
    return same(plane[this.thread.x]) + this.constants.level;
  },
  functions: [same],
};

describe('vulkanDrivers', () => {
  const manifest = (...path: string[]) => {
    const full = join(folder, ...path);
    mkdirSync(join(full, '..'), { recursive: true });
    writeFileSync(full, '{}');
    return full;
  };

  it('finds the manifests of the standard folders', () => {
    const root = join(folder, 'root');
    const files = [
      manifest('root/etc/vulkan/icd.d/a.json'),
      manifest('root/usr/local/share/vulkan/icd.d/b.json'),
      manifest('root/usr/share/vulkan/icd.d/c.json'),
      manifest('root/home/.local/share/vulkan/icd.d/d.json'),
    ];
    manifest('root/usr/share/vulkan/icd.d/readme.txt');
    expect(vulkanDrivers({ HOME: join(root, 'home') }, root).toSorted()).toEqual(files.toSorted());
  });

  it('takes what the environment names instead of them', () => {
    const root = join(folder, 'other');
    manifest('other/etc/vulkan/icd.d/a.json');
    const named = manifest('named.json');
    expect(vulkanDrivers({ VK_ICD_FILENAMES: named }, root)).toEqual([named]);
    expect(vulkanDrivers({ VK_DRIVER_FILES: empty, VK_ICD_FILENAMES: named }, root)).toEqual([]);
    expect(vulkanDrivers({ VK_ICD_FILENAMES: join(folder, 'missing.json') }, root)).toEqual([]);
  });

  it('finds none on a machine without drivers', () => {
    expect(vulkanDrivers({ HOME: empty }, empty)).toEqual([]);
  });
});
