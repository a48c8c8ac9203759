import { createHash } from 'node:crypto';
import { lstat, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { cardFault, ModelCard } from '../../kernels/learned/card.js';
import { type LearnedModel, modelId, UnusableModel } from '../../kernels/learned/model.js';
import { checkGraph } from '../../kernels/learned/session.js';
import { BadInput, messageOf } from '../../raster/errors.js';

export const CARD = 'model.json';
/** A card is some 2 kB. */
const MOST_CARD_BYTES = 256 * 1024;
/** Change detectors that run on a processor have 1 to 100 MB. */
const MOST_MODEL_BYTES = 256 * 1024 * 1024;

/**
 * A model from its folder: card and ONNX file, both looked through, nothing of it run.
 * @throws BadInput naming the file and what is wrong with it
 */
export async function loadModel(folder: string): Promise<LearnedModel> {
  const card = await readCard(join(folder, CARD));
  const path = join(folder, card.file);
  const bytes = await readPlain(path, MOST_MODEL_BYTES);
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (sha256 !== card.sha256) {
    throw new BadInput(
      `${path} is not the file its card is for (SHA-256 ${sha256.slice(0, 12)}…, the card says ${card.sha256.slice(0, 12)}…); copy both again`,
    );
  }
  const shared = new SharedArrayBuffer(bytes.length);
  new Uint8Array(shared).set(bytes);
  try {
    checkGraph(card, bytes);
  } catch (error) {
    throw refused(error, path);
  }
  return { card, bytes: shared };
}

/** What a person is told of a model that cannot be used. */
export function refused(error: unknown, path: string): unknown {
  return error instanceof UnusableModel ? new BadInput(`${path}: ${error.message}`) : error;
}

async function readCard(path: string): Promise<ModelCard> {
  const text = (await readPlain(path, MOST_CARD_BYTES)).toString('utf8');
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new BadInput(`${path} is no JSON (${messageOf(error)}); expected a model's card`);
  }
  const parsed = ModelCard.safeParse(json);
  if (!parsed.success) {
    throw new BadInput(
      `${path} is no card of a model: ${z.prettifyError(parsed.error).replaceAll('\n', ' ')} (docs/models.md)`,
    );
  }
  const fault = cardFault(parsed.data);
  if (fault !== null) throw new BadInput(`${path} (${modelId(parsed.data)}): ${fault}`);
  return parsed.data;
}

/** A plain file of bounded size: no link leads elsewhere, and nothing endless is read. */
async function readPlain(path: string, most: number): Promise<Buffer> {
  const stat = await lstat(path).catch((error: NodeJS.ErrnoException) => {
    throw new BadInput(`${path} cannot be read (${error.code}); expected a model's folder with ${CARD}`);
  });
  if (!stat.isFile()) throw new BadInput(`${path} is no plain file; expected the file itself`);
  if (stat.size > most)
    throw new BadInput(
      `${path} has ${Math.ceil(stat.size / 2 ** 20)} MB; expected at most ${most / 2 ** 20} MB`,
    );
  return readFile(path);
}
