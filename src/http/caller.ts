import type { IncomingMessage } from 'node:http'
import { isIP } from 'node:net'
import proxyAddr from '@fastify/proxy-addr'

const { all: listAddresses } = proxyAddr

/** Whether an address is that of a proxy whose X-Forwarded-For is believed. */
export type Trusts = (address: string, i: number) => boolean

/**
 * The client's address. An X-Forwarded-For entry that is not an IP address is ignored; the nearest proxy with an address
 * counts.
 */
export function addressOf(request: IncomingMessage, trusts: Trusts | undefined): string {
  const own = request.socket.remoteAddress ?? ''
  return trusts ? (listAddresses(request, trusts).findLast(address => isIP(address) !== 0) ?? own) : own
}

/** The name under which requests of an address are counted: one for an IPv4 address, and one for an IPv6 /64. */
export function callerAt(address: string): string {
  return `address ${networkOf(address)}`
}

/** IPv4: the address in dotted form. IPv6: its /64, because one customer usually has a whole /64. */
function networkOf(address: string): string {
  if (!address.includes(':')) return address
  const [plain = ''] = address.split('%', 1)
  if (isIP(plain) !== 6) return address
  const groups = groupsOf(plain)
  const isMapped = groups[5] === 0xffff && groups.slice(0, 5).every(group => group === 0)
  if (!isMapped)
    return `${groups
      .slice(0, 4)
      .map(group => group.toString(16))
      .join(':')}::/64`
  return groups
    .slice(6)
    .flatMap(group => [group >> 8, group & 255])
    .join('.')
}

/** The eight numbers of an IPv6 address (RFC 4291 2.2). */
function groupsOf(address: string): number[] {
  const [head = '', tail] = address.split('::') as [string, string?]
  const numbers = (text: string) => (text === '' ? [] : text.split(':').flatMap(numbersOf))
  const [before, after] = [numbers(head), numbers(tail ?? '')]
  return [...before, ...Array<number>(8 - before.length - after.length).fill(0), ...after]
}

function numbersOf(group: string): number[] {
  if (!group.includes('.')) return [Number.parseInt(group, 16)]
  const [a = 0, b = 0, c = 0, d = 0] = group.split('.').map(Number)
  return [a * 256 + b, c * 256 + d]
}
