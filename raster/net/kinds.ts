import { BlockList, isIP } from 'node:net';

/** Where an address leads: the open internet; a network of one's own; or what no file or service is ever read from. */
export type AddressKind = 'public' | 'private' | 'never';

function blocks(subnets: readonly string[]): BlockList {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [net, prefix] = subnet.split('/');
    list.addSubnet(net, Number(prefix), isIP(net) === 6 ? 'ipv6' : 'ipv4');
  }
  return list;
}

/** Loopback (RFC 1122), private (RFC 1918), shared (RFC 6598), unique local (RFC 4193). */
const PRIVATE = blocks([
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '172.16.0.0/12',
  '192.168.0.0/16',
  '::1/128',
  'fc00::/7',
]);

/** Neither: "this network", link-local, tests, multicast, reserved (RFC 6890), and where clouds hand out their keys. */
const NEVER = blocks([
  '0.0.0.0/8',
  '169.254.0.0/16',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.88.99.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
  '100.100.100.200/32',
  '168.63.129.16/32',
  'fd00:ec2::254/128',
  // of IPv6's global range: Teredo and its kin, documentation, 6to4, which carry IPv4 addresses inside
  '2001::/23',
  '2001:db8::/32',
  '2002::/16',
  '3fff::/20',
]);

/** IPv6 is given out of this alone (RFC 4291); mapped, translated, link-local and multicast addresses lie outside. */
const GLOBAL = blocks(['2000::/3']);

/** @param address an IP address, without brackets and zone */
export function kindOf(address: string): AddressKind {
  const version = isIP(address);
  if (version === 0) return 'never';
  const family = version === 6 ? 'ipv6' : 'ipv4';
  // a BlockList looks at the IPv4 address inside a mapped one, which is written that way to hide it
  if (version === 6 && /^(::ffff:|0*:0*:0*:0*:0*:ffff:)/i.test(address)) return 'never';
  if (NEVER.check(address, family)) return 'never';
  if (PRIVATE.check(address, family)) return 'private';
  return version === 4 || GLOBAL.check(address, family) ? 'public' : 'never';
}

/** Whether an address lies in a block such as `10.0.0.0/8`. */
export function liesIn(address: string, block: string): boolean {
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  const mapped = /^::ffff:/i.test(address);
  return isIP(address) !== 0 && !mapped && blocks([block]).check(address, family);
}
