import { existsSync } from 'node:fs';
import { cp, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type LearnedModel, modelId } from '../../kernels/learned/model.js';
import { BadInput, messageOf } from '../../raster/errors.js';
import { CARD, loadModel } from './load.js';

/** A model that can be had by its name: of the project's own (`shipped`), or added to this state folder. */
export interface ShelvedModel {
  readonly id: string;
  readonly folder: string;
  readonly shipped: boolean;
}

/** `name@revision` as a folder's name. */
const ID = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}@[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

function shelfOf(stateDir: string): string {
  return join(stateDir, 'models');
}

/** Beside compiled code and beside its source alike. */
const SHIPPED = fileURLToPath(new URL('../../samples/models', import.meta.url));

/** All models at hand, by name. */
export async function listModels(stateDir: string): Promise<ShelvedModel[]> {
  const found: ShelvedModel[] = [];
  for (const [root, shipped] of [
    [shelfOf(stateDir), false],
    [SHIPPED, true],
  ] as const) {
    for (const name of await readdir(root).catch(() => [])) {
      if (!ID.test(name) || found.some(({ id }) => id === name)) continue;
      const folder = join(root, name);
      if (existsSync(join(folder, CARD))) found.push({ id: name, folder, shipped });
    }
  }
  return found.sort((a, b) => (a.id < b.id ? -1 : 1));
}

/**
 * The model somebody means: a folder with a card, `name@revision`, or a name alone where it has one revision.
 * @throws BadInput
 */
export async function findModel(stateDir: string, wanted: string): Promise<LearnedModel> {
  if (existsSync(join(wanted, CARD))) return loadModel(wanted);
  const all = await listModels(stateDir);
  const fitting = all.filter(({ id }) => id === wanted || id.startsWith(`${wanted}@`));
  if (fitting.length === 1) {
    const model = await loadModel(fitting[0].folder);
    if (modelId(model.card) !== fitting[0].id)
      throw new BadInput(`${fitting[0].folder} holds ${modelId(model.card)}; expected ${fitting[0].id}`);
    return model;
  }
  const names = (fitting.length > 0 ? fitting : all).map(({ id }) => id).join(', ') || 'none';
  throw new BadInput(
    fitting.length > 1
      ? `model ${wanted} has several revisions; expected one of ${names}`
      : `model ${wanted} is neither a folder with ${CARD} nor a known model; known: ${names}`,
  );
}

/**
 * Copies a model into the state folder. Whether it was new: the same one again changes nothing.
 * @throws BadInput where another one has its name and revision
 */
export async function addModel(stateDir: string, model: LearnedModel, from: string): Promise<boolean> {
  const id = modelId(model.card);
  const folder = join(shelfOf(stateDir), id);
  const known = (await listModels(stateDir)).find((one) => one.id === id);
  if (known !== undefined) {
    const { card } = await loadModel(known.folder);
    if (card.sha256 === model.card.sha256) return false;
    throw new BadInput(`${id} is another model already; expected a new revision on the card`);
  }
  // no model's name begins so
  const fresh = join(shelfOf(stateDir), `.${id}.new`);
  try {
    await rm(fresh, { recursive: true, force: true });
    await mkdir(fresh, { recursive: true });
    for (const file of [CARD, model.card.file]) await cp(join(from, file), join(fresh, file));
    await rename(fresh, folder);
  } catch (error) {
    throw new BadInput(`${folder} cannot be written (${messageOf(error)}); expected a folder that can be`);
  }
  return true;
}
