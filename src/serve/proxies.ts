/** Which addresses are proxies, whose header X-Forwarded-For names the client. Anyone else could invent addresses in it. */
import { BlockList, isIP } from 'node:net';
import { fail } from '../errors.js';

/** Whether the proxy `hop` steps away (0 is the peer of the connection) with this address is trusted. */
export type Trust = (address: string, hop: number) => boolean;

const named: ReadonlyMap<string, readonly string[]> = new Map([
  ['loopback', ['127.0.0.0/8', '::1']],
  ['linklocal', ['169.254.0.0/16', 'fe80::/10']],
  ['uniquelocal', ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7']],
]);
const MOST_HOPS = 16;

/**
 * Reads the option `trustProxy`: a number of proxies, or ranges of addresses separated by commas.
 * @returns undefined if no proxy is trusted
 * @throws RecdistillError `bad-option` for anything else, and for a range that contains every address
 */
export function trustOf(given: string | undefined): Trust | undefined {
  if (given === undefined) return undefined;
  const text = given.trim();
  if (/^\d{1,9}$/.test(text)) {
    const hops = Number(text);
    if (hops < 1 || hops > MOST_HOPS) refuse(given);
    return (_address, hop) => hop < hops;
  }
  const list = new BlockList();
  for (const entry of text.split(',')) {
    for (const range of named.get(entry.trim()) ?? [entry.trim()]) addRange(list, range, given);
  }
  return (address) => isIP(address) !== 0 && list.check(address, familyOf(address));
}

function addRange(list: BlockList, range: string, given: string): void {
  const [address = '', bits, more] = range.split('/');
  const version = isIP(address);
  if (version === 0 || more !== undefined) refuse(given);
  if (bits === undefined) {
    list.addAddress(address, familyOf(address));
    return;
  }
  const length = /^\d{1,3}$/.test(bits) ? Number(bits) : -1;
  if (length < 1 || length > (version === 4 ? 32 : 128)) refuse(given);
  list.addSubnet(address, length, familyOf(address));
}

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIP(address) === 4 ? 'ipv4' : 'ipv6');

const refuse = (given: string): never =>
  fail('bad-option', {
    ...{ owner: 'serve', option: 'trustProxy', given: JSON.stringify(given) },
    expected: `a number of proxies from 1 to ${MOST_HOPS}, or their addresses`,
    help: 'Write 1 for one proxy in front of the server, or ranges such as 10.0.0.0/8,loopback (also linklocal, uniquelocal). Believing every address would let clients invent theirs.',
  });
