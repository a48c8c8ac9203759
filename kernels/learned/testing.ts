import { createHash } from 'node:crypto';
import { ModelCard } from './card.js';
import type { LearnedModel } from './model.js';

/** Small ONNX files by hand, so that tests need no trained model: protocol buffers as onnx.proto numbers them. */

type Bytes = readonly number[];

function varint(value: number): Bytes {
  const bytes: number[] = [];
  let left = value;
  while (left >= 128) {
    bytes.push((left % 128) + 128);
    left = Math.floor(left / 128);
  }
  return [...bytes, left];
}

const whole = (field: number, value: number): Bytes => [...varint(field * 8), ...varint(value)];
export const message = (field: number, bytes: Bytes): Bytes => [
  ...varint(field * 8 + 2),
  ...varint(bytes.length),
  ...bytes,
];
const words = (field: number, value: string): Bytes => message(field, [...Buffer.from(value)]);

/** Attributes: a whole number, several, or a subgraph (raw, as only hostile files have it). */
export type Attribute = number | readonly number[] | { readonly graph: Bytes };

export interface Node {
  readonly operator: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly domain?: string;
}

export interface Weights {
  readonly name: string;
  readonly dims: readonly number[];
  readonly values: readonly number[];
  /** Says that the numbers are in another file. */
  readonly external?: boolean;
}

/** Name and shape; a text is a size that is only known when it runs. */
export interface Port {
  readonly name: string;
  readonly dims: readonly (number | string)[];
}

export interface GraphSpec {
  readonly nodes: readonly Node[];
  readonly weights?: readonly Weights[];
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
}

function attributeBytes(name: string, value: Attribute): Bytes {
  // type 2 INT, 7 INTS, 5 GRAPH
  if (typeof value === 'number') return [...words(1, name), ...whole(3, value), ...whole(20, 2)];
  if ('graph' in value) return [...words(1, name), ...message(6, value.graph), ...whole(20, 5)];
  return [...words(1, name), ...value.flatMap((one) => whole(8, one)), ...whole(20, 7)];
}

function nodeBytes({ operator, inputs, outputs, attributes = {}, domain = '' }: Node): Bytes {
  return [
    ...inputs.flatMap((name) => words(1, name)),
    ...outputs.flatMap((name) => words(2, name)),
    ...words(4, operator),
    ...Object.entries(attributes).flatMap(([name, value]) => message(5, attributeBytes(name, value))),
    ...(domain === '' ? [] : words(7, domain)),
  ];
}

function tensorBytes({ name, dims, values, external = false }: Weights): Bytes {
  const raw = [...new Uint8Array(Float32Array.from(values).buffer)];
  return [
    ...dims.flatMap((dim) => whole(1, dim)),
    ...whole(2, 1),
    ...words(8, name),
    ...(external
      ? [...message(13, [...words(1, 'location'), ...words(2, '../../etc/passwd')]), ...whole(14, 1)]
      : message(9, raw)),
  ];
}

function portBytes({ name, dims }: Port): Bytes {
  const shape = dims.flatMap((dim) => message(1, typeof dim === 'number' ? whole(1, dim) : words(2, dim)));
  const tensorType = [...whole(1, 1), ...message(2, shape)];
  return [...words(1, name), ...message(2, message(1, tensorType))];
}

export function onnxFile({ nodes, weights = [], inputs, outputs }: GraphSpec): Uint8Array {
  const graph = [
    ...nodes.flatMap((node) => message(1, nodeBytes(node))),
    ...words(2, 'test'),
    ...weights.flatMap((tensor) => message(5, tensorBytes(tensor))),
    ...inputs.flatMap((port) => message(11, portBytes(port))),
    ...outputs.flatMap((port) => message(12, portBytes(port))),
  ];
  return Uint8Array.from([...whole(1, 8), ...message(7, graph), ...message(8, whole(2, 13))]);
}

const ANY = ['n', 'h', 'w'] as const;
const port = (name: string, channels: number): Port => ({ name, dims: [ANY[0], channels, ANY[1], ANY[2]] });

/** Sigmoid of a weighted sum of after less before, a weight a band: what a band's rise says. */
export function differenceModel(weights: readonly number[], bias: number): Uint8Array {
  return onnxFile({
    nodes: [
      { operator: 'Sub', inputs: ['after', 'before'], outputs: ['d'] },
      { operator: 'Conv', inputs: ['d', 'w', 'b'], outputs: ['s'] },
      { operator: 'Sigmoid', inputs: ['s'], outputs: ['probability'] },
    ],
    weights: [
      { name: 'w', dims: [1, weights.length, 1, 1], values: weights },
      { name: 'b', dims: [1], values: [bias] },
    ],
    inputs: [port('before', weights.length), port('after', weights.length)],
    outputs: [port('probability', 1)],
  });
}

/** A card for a file, with what is given over what fits `differenceModel`. */
export function cardFor(file: Uint8Array, over: Readonly<Record<string, unknown>> = {}): ModelCard {
  return ModelCard.parse({
    format: 'tuban-model',
    version: 1,
    name: 'test',
    revision: '1',
    sha256: createHash('sha256').update(file).digest('hex'),
    inputs: { form: 'pair', names: ['before', 'after'], bands: ['red', 'green'] },
    pixel_size_m: { trained: 1, least: 0.4, most: 4 },
    normalization: { kind: 'fixed', mean: [0, 0], std: [1, 1] },
    outputs: { name: 'probability', activation: 'none', channels: ['building_new'] },
    margin_px: 0,
    training: { data: 'none', licence: 'none' },
    licence: 'none',
    ...over,
  });
}

export function modelOf(file: Uint8Array, card: ModelCard = cardFor(file)): LearnedModel {
  const bytes = new SharedArrayBuffer(file.length);
  new Uint8Array(bytes).set(file);
  return { card, bytes };
}
