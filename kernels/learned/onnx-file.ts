import { UnusableModel } from './model.js';

/**
 * What an ONNX file says of itself, read from its protocol buffers (github.com/onnx/onnx, onnx.proto) before any runtime sees it:
 * a graph that branches, loops, calls out or reads other files is refused, so that what runs is a fixed list of layers.
 */
export interface OnnxGraph {
  readonly operators: ReadonlyMap<string, number>;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Numbers in its weights. */
  readonly weights: number;
}

/** A field of a message: number, and its value or its bytes. */
interface Field {
  readonly number: number;
  readonly value: number;
  readonly bytes: Uint8Array | null;
}

/** Layers a graph may have: a hundred times what change detectors have. */
const MOST_NODES = 20_000;

/** @throws UnusableModel */
export function readOnnx(bytes: Uint8Array): OnnxGraph {
  const operators = new Map<string, number>();
  const inputs: string[] = [];
  const outputs: string[] = [];
  let weights = 0;
  let graphs = 0;
  const initialized = new Set<string>();
  const tensor = (data: Uint8Array) => {
    let count = 1;
    for (const { number, value, bytes: inner } of fields(data)) {
      if (number === 1) {
        for (const dim of inner === null ? [value] : packed(inner)) count *= dim;
      }
      if (number === 8 && inner !== null) initialized.add(textOf(inner));
      if (number === 13 || (number === 14 && value !== 0))
        throw new UnusableModel('it keeps weights in another file; expected all in one');
    }
    weights += count;
  };
  const node = (data: Uint8Array) => {
    let operator = '';
    let domain = '';
    for (const { number, bytes: inner } of fields(data)) {
      if (inner === null) continue;
      if (number === 4) operator = textOf(inner);
      if (number === 7) domain = textOf(inner);
      if (number === 5) attribute(inner);
    }
    if (!['', 'ai.onnx'].includes(domain))
      throw new UnusableModel(`its operator ${operator} is of ${domain}, not of ONNX itself`);
    operators.set(operator, (operators.get(operator) ?? 0) + 1);
    let count = 0;
    for (const one of operators.values()) count += one;
    if (count > MOST_NODES) throw new UnusableModel(`it has more than ${MOST_NODES} layers`);
  };
  const attribute = (data: Uint8Array) => {
    for (const { number, bytes: inner } of fields(data)) {
      if (number === 6 || number === 11)
        throw new UnusableModel('it branches or loops; expected layers one after the other');
      if ((number === 5 || number === 10) && inner !== null) tensor(inner);
    }
  };
  const graph = (data: Uint8Array) => {
    for (const { number, bytes: inner } of fields(data)) {
      if (inner === null) continue;
      if (number === 1) node(inner);
      if (number === 5) tensor(inner);
      if (number === 11) inputs.push(nameOf(inner));
      if (number === 12) outputs.push(nameOf(inner));
      if (number === 15) throw new UnusableModel('it has sparse weights; expected dense ones');
    }
  };
  for (const { number, bytes: inner } of fields(bytes)) {
    if (number === 25)
      throw new UnusableModel('it defines functions of its own; export it with them inlined');
    if (number === 7 && inner !== null) {
      graph(inner);
      graphs++;
    }
  }
  if (graphs !== 1 || operators.size === 0) throw new UnusableModel('it is no ONNX file with a graph');
  return { operators, inputs: inputs.filter((name) => !initialized.has(name)), outputs, weights };
}

function nameOf(data: Uint8Array): string {
  for (const { number, bytes } of fields(data)) if (number === 1 && bytes !== null) return textOf(bytes);
  return '';
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('utf8');
}

/** The fields of a message, one after the other. */
function* fields(data: Uint8Array): Generator<Field> {
  let at = 0;
  const varint = (): number => {
    let result = 0;
    for (let shift = 0; shift < 10; shift++) {
      if (at >= data.length) throw new UnusableModel('it ends in the middle, or is no ONNX file');
      const byte = data[at++];
      // above 2^53 the digits are not exact: no length or dimension is so large
      result += (byte & 127) * 2 ** (7 * shift);
      if (byte < 128) return result;
    }
    throw new UnusableModel('it is no ONNX file');
  };
  const skip = (length: number): Uint8Array => {
    if (length > data.length - at) throw new UnusableModel('it ends in the middle, or is no ONNX file');
    at += length;
    return data.subarray(at - length, at);
  };
  while (at < data.length) {
    const key = varint();
    const number = Math.floor(key / 8);
    const type = key % 8;
    if (number === 0) throw new UnusableModel('it is no ONNX file');
    if (type === 0) yield { number, value: varint(), bytes: null };
    else if (type === 2) yield { number, value: 0, bytes: skip(varint()) };
    else if (type === 1 || type === 5) {
      skip(type === 1 ? 8 : 4);
      yield { number, value: 0, bytes: null };
    } else throw new UnusableModel('it is no ONNX file');
  }
}

/** Whole numbers in a row without tags. */
function packed(data: Uint8Array): number[] {
  const values: number[] = [];
  let value = 0;
  let scale = 1;
  for (const byte of data) {
    value += (byte & 127) * scale;
    scale *= 128;
    if (byte < 128) {
      values.push(value);
      value = 0;
      scale = 1;
    }
  }
  return values;
}
