import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { BadInput } from '../raster/errors.js';
import { CONFIG_KEYS, loadConfig } from './config.js';

const root = mkdtempSync(join(tmpdir(), 'tuban-config-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A folder with this tuban.json in it, none where null. */
function folder(json: unknown): string {
  const path = mkdtempSync(join(root, 'f-'));
  if (json !== null)
    writeFileSync(join(path, 'tuban.json'), typeof json === 'string' ? json : JSON.stringify(json));
  return path;
}

/** The message of the refusal. */
function refusal(json: unknown, env: Record<string, string> = {}): string {
  try {
    loadConfig(folder(json), env);
  } catch (error) {
    if (error instanceof BadInput) return error.message;
    throw error;
  }
  throw new Error('was not refused');
}

describe('loadConfig', () => {
  it('carries a newcomer without a file', () => {
    const path = folder(null);
    expect(loadConfig(path, {})).toMatchObject({
      databaseUrl: '',
      stateDir: join(path, '.tuban'),
      crs: 'EPSG:4547',
      backend: 'auto',
      mmuBuilding: 50,
      mmuOther: 200,
    });
    expect(loadConfig(path, {}).workers).toBeUndefined();
    expect(loadConfig(path, {}).resolution).toBeUndefined();
  });

  it('reads every key from the file', () => {
    const written = {
      databaseUrl: 'postgres://u:p@h/db',
      stateDir: 'state',
      district: '罗湖区',
      crs: 'EPSG:32650',
      resolution: 0.5,
      workers: 3,
      backend: 'cpu',
      detector: 'indices',
      mmuBuilding: 20,
      mmuOther: 400,
      timeZone: 'UTC',
    };
    const path = folder(written);
    expect(loadConfig(path, {})).toMatchObject({ ...written, stateDir: join(path, 'state') });
  });

  it('takes each key from TUBAN_* over the file', () => {
    const path = folder({ workers: 3, crs: 'EPSG:32650', mmuOther: 1, district: 'a' });
    const config = loadConfig(path, {
      TUBAN_WORKERS: '2',
      TUBAN_CRS: 'EPSG:4547',
      TUBAN_MMU_OTHER: '12.5',
      TUBAN_DISTRICT: '盐田区',
      TUBAN_DATABASE_URL: '',
      TUBAN_STATE_DIR: '/var/tuban',
    });
    expect(config).toMatchObject({
      workers: 2,
      crs: 'EPSG:4547',
      mmuOther: 12.5,
      district: '盐田区',
      databaseUrl: '',
      stateDir: resolve('/var/tuban'),
    });
  });

  it('leaves other TUBAN_* variables alone', () => {
    expect(() => loadConfig(folder(null), { TUBAN_REAL_DATA: '/x', PATH: '/bin' })).not.toThrow();
  });

  it.each([
    [{ workers: 0 }, 'workers'],
    [{ workers: 1.5 }, 'workers'],
    [{ resolution: -1 }, 'resolution'],
    [{ mmuBuilding: '50' }, 'mmuBuilding'],
    [{ crs: 'CGCS2000' }, 'crs'],
    [{ backend: 'gpu' }, 'backend'],
    [{ databaseUrl: 'mysql://x' }, 'databaseUrl'],
    [{ databaseURL: '' }, 'databaseURL'],
    [[], 'JSON object'],
    ['{"crs": ', 'JSON'],
  ])('refuses %j, naming the file and the key', (json, named) => {
    const message = refusal(json);
    expect(message).toContain('tuban.json');
    expect(message).toContain(named);
    expect(message).not.toContain('\n');
  });

  it.each([
    ['TUBAN_WORKERS', 'two'],
    ['TUBAN_WORKERS', ''],
    ['TUBAN_CRS', '4547'],
    ['TUBAN_DATABASE_URL', 'localhost'],
    ['TUBAN_BACKEND', 'gpu'],
  ])('refuses %s=%s, naming the variable', (name, value) => {
    expect(refusal(null, { [name]: value })).toMatch(new RegExp(`^${name}: `));
  });

  it('every key is documented and has its variable', () => {
    expect(CONFIG_KEYS.length).toBeGreaterThan(8);
    for (const { key, env, text } of CONFIG_KEYS) {
      expect(text, key).not.toBe('');
      expect(env).toMatch(/^TUBAN_[A-Z_]+$/);
    }
    expect(CONFIG_KEYS.find(({ key }) => key === 'databaseUrl')?.env).toBe('TUBAN_DATABASE_URL');
  });
});
