import { lookup as systemLookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';
import { getEnvironmentData, setEnvironmentData } from 'node:worker_threads';
import { z } from 'zod';
import { BadInput } from '../errors.js';
import { type AddressKind, kindOf, liesIn } from './kinds.js';

/** An address that must not be asked. Its message is the rest of a sentence that begins with the address asked for. */
export class ForbiddenTarget extends BadInput {}

/** Decides where requests that began at one written address may go, and sees that they go exactly there. */
export interface Guard {
  /** Before a request: scheme, user name, and hosts that are IP addresses. @throws ForbiddenTarget */
  check(url: URL): void;
  /** For `http.request`: names are resolved once, and the connection is made to an address that was checked. */
  readonly lookup: LookupFunction;
}

export interface GuardOptions {
  /** Hosts and blocks inside that may be asked: `gis.luohu.local`, `10.0.0.0/8`. */
  readonly allowPrivate?: readonly string[];
  readonly resolve?: Resolve;
}

export type Resolve = (
  host: string,
  done: (
    error: NodeJS.ErrnoException | null,
    found: readonly { readonly address: string; readonly family: number }[],
  ) => void,
) => void;

/** Of the whole process, and of threads it starts from then on: whoever reads the configuration says it. */
const KEY = 'tuban.allowPrivate';

export function setAllowPrivate(allowed: readonly string[]): void {
  setEnvironmentData(KEY, [...allowed]);
}

function allowedHere(): readonly string[] {
  return z.array(z.string()).catch([]).parse(getEnvironmentData(KEY));
}

/**
 * Keeps requests out of networks inside (SSRF). An address inside is asked only where it was meant: `written` itself names it
 * plainly (127.0.0.1, [::1], localhost, 10.1.2.3), or `allowPrivate` holds it. Redirects, names and addresses found in
 * documents of others get there no other way. Link-local, multicast and reserved addresses are reached by `allowPrivate` alone.
 * @param written as a person wrote it, before it was parsed
 */
export function guardOf(written: string, options: GuardOptions = {}): Guard {
  const { allowPrivate = allowedHere(), resolve = resolveAll } = options;
  const meant = plainHost(written);
  const mayHost = (host: string) => host === meant || allowPrivate.includes(host);
  const refuse = (host: string, address: string) => {
    if (mayHost(host) || mayReach(address, allowPrivate)) return null;
    return forbidden(host, address, kindOf(address));
  };
  return {
    check(url) {
      if (url.protocol !== 'http:' && url.protocol !== 'https:') {
        throw new ForbiddenTarget(`is of scheme ${url.protocol}, which is not asked; expected https:`);
      }
      const host = hostOf(url);
      const problem = isIP(host) === 0 ? null : refuse(host, host);
      if (problem !== null) throw problem;
    },
    lookup: (hostname, { all }, done) => {
      const host = hostname.toLowerCase();
      resolve(host, (error, found) => {
        const problem = error ?? found.map(({ address }) => refuse(host, address)).find((p) => p !== null);
        if (problem || found.length === 0) done(problem ?? noAddress(host), []);
        else if (all) done(null, [...found]);
        else done(null, found[0].address, found[0].family);
      });
    },
  };
}

/**
 * What a document (a STAC Item) names is no address a person wrote: hosts inside are taken from it where it lies on that host itself.
 * @param from where the document lies: an address or a path
 * @throws ForbiddenTarget
 */
export function checkNamed(from: string, named: string, options: GuardOptions = {}): void {
  const meant = plainHost(named);
  if (meant === null || meant === plainHost(from)) return;
  if (meant !== 'localhost') guardOf('', options).check(new URL(named));
  else if (!(options.allowPrivate ?? allowedHere()).includes(meant)) throw forbidden(meant, meant, 'private');
}

function forbidden(host: string, address: string, kind: AddressKind): ForbiddenTarget {
  const what = kind === 'private' ? 'an address inside a network' : 'no address of a server';
  const where = host === address ? address : `${host} (${address})`;
  return new ForbiddenTarget(
    `leads to ${where}, ${what}; where that is meant, name it in key allowPrivate of tuban.json: ["${host}"]`,
  );
}

function mayReach(address: string, allowPrivate: readonly string[]): boolean {
  if (kindOf(address) === 'public') return true;
  return allowPrivate.some((allowed) => allowed.includes('/') && liesIn(address, allowed));
}

/** A host's name, or its IP address without brackets. */
function hostOf(url: URL): string {
  return url.hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '');
}

/**
 * The private address that a text names plainly, null for any other. 0177.0.0.1, 2130706433 or [::ffff:7f00:1] are other ways to
 * write 127.0.0.1, which nobody uses who means it.
 */
function plainHost(written: string): string | null {
  const host = /^https?:\/\/(\[[0-9a-f:]+\]|[\w.-]+)(?=[:/?#]|$)/i.exec(written)?.[1].toLowerCase();
  if (host === undefined || !URL.canParse(written) || new URL(written).hostname !== host) return null;
  if (host === 'localhost') return host;
  const address = host.replace(/^\[(.*)\]$/, '$1');
  return isIP(address) !== 0 && kindOf(address) === 'private' ? address : null;
}

const resolveAll: Resolve = (host, done) => {
  systemLookup(host, { all: true }, (error, found) => done(error, found ?? []));
};

function noAddress(host: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`${host} has no address`), { code: 'ENOTFOUND' });
}

/** `allowPrivate` of the configuration: hosts, or blocks of addresses. */
export const AllowPrivate = z.array(
  z.string().refine(isHostOrBlock, 'expected a host such as gis.luohu.local, or a block such as 10.0.0.0/8'),
);

function isHostOrBlock(text: string): boolean {
  const [net, prefix, ...more] = text.split('/');
  const bits = { 0: 0, 4: 32, 6: 128 }[isIP(net)] ?? 0;
  if (prefix === undefined) return isIP(net) !== 0 || /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(text);
  return more.length === 0 && /^\d{1,3}$/.test(prefix) && bits > 0 && Number(prefix) <= bits;
}
