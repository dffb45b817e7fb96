/** Protects a server from web pages in a browser on the same machine: host names that lead here, and requests across sites. */
import type { IncomingMessage } from 'node:http';
import { isIPv4 } from 'node:net';
import { RecdistillError } from '../errors.js';

const loopbackNames = ['localhost', '127.0.0.1', '::1'];

/** Whether an address to listen on is reachable from this machine only. */
export const isLoopback = (host: string): boolean =>
  loopbackNames.includes(host.toLowerCase()) || (isIPv4(host) && host.startsWith('127.'));

/** Checks the Host header of a request. Returns the error to answer, or undefined. */
export type HostCheck = (
  request: Pick<IncomingMessage, 'rawHeaders' | 'headers' | 'url'>,
) => RecdistillError | undefined;

/**
 * A page of another site can make its own name lead to this machine (DNS rebinding). Its requests then carry that name.
 * @param allowed host names without port; `*` allows all. Empty: the names of this machine if `host` is a loopback address,
 *   and all names otherwise.
 */
export function createHostCheck(host: string, allowed: readonly string[]): HostCheck {
  const names = new Set((allowed.length > 0 ? allowed : [...loopbackNames, host]).map(bare));
  const all = names.has('*') || (allowed.length === 0 && !isLoopback(host));
  return ({ rawHeaders, headers, url = '' }) => {
    let count = 0;
    for (let n = 0; n < rawHeaders.length; n += 2)
      if (rawHeaders[n]!.length === 4 && rawHeaders[n]!.toLowerCase() === 'host') count += 1;
    if (count > 1) {
      const hint = 'Send one Host header.';
      return new RecdistillError('bad-request', { problem: `the request has ${count} Host headers`, hint });
    }
    // Only HTTP/1.0 allows a request without it. Browsers always send it.
    if (all || headers.host === undefined) return undefined;
    // A whole URL as target takes precedence over the header (RFC 9112, section 3.2.2).
    const given = nameOf(/^https?:\/\/([^/?#]*)/i.exec(url)?.[1] ?? headers.host);
    return names.has(given) ? undefined : new RecdistillError('host-not-allowed', { given: given.slice(0, 100) });
  };
}

const bare = (name: string): string => name.toLowerCase().replace(/^\[(.*)\]$/, '$1');

/** The name in a Host header, without port and brackets. */
const nameOf = (host: string): string => bare(host.replace(/:\d*$/, ''));

/** Whether a browser sent the request for a page of another site. Programs send none of these headers. */
export function isCrossSite({ headers }: Pick<IncomingMessage, 'headers'>): boolean {
  const site = headers['sec-fetch-site'];
  if (site !== undefined && site !== 'same-origin' && site !== 'none') return true;
  const { origin, host = '' } = headers;
  return origin !== undefined && origin.replace(/^https?:\/\//i, '').toLowerCase() !== host.toLowerCase();
}
