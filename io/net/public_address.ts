import type { LookupAddress, LookupOptions } from "node:dns";
import { lookup } from "node:dns";
import { BlockList, isIP } from "node:net";
import type { LookupFunction } from "node:net";

/** What the whole world does not reach (IANA's registries of special-purpose addresses, RFC 6890). */
const SPECIAL: readonly (readonly [network: string, prefix: number, family: "ipv4" | "ipv6"])[] = [
  ["0.0.0.0", 8, "ipv4"],
  ["10.0.0.0", 8, "ipv4"],
  ["100.64.0.0", 10, "ipv4"],
  ["127.0.0.0", 8, "ipv4"],
  ["169.254.0.0", 16, "ipv4"],
  ["172.16.0.0", 12, "ipv4"],
  ["192.0.0.0", 24, "ipv4"],
  ["192.168.0.0", 16, "ipv4"],
  ["192.88.99.0", 24, "ipv4"],
  ["198.18.0.0", 15, "ipv4"],
  ["224.0.0.0", 4, "ipv4"],
  ["240.0.0.0", 4, "ipv4"],
  // Unspecified, loopback, and IPv4 in IPv6: whatever is behind it.
  ["::", 96, "ipv6"],
  ["::ffff:0:0", 96, "ipv6"],
  ["64:ff9b::", 96, "ipv6"],
  ["64:ff9b:1::", 48, "ipv6"],
  ["2001::", 32, "ipv6"],
  ["2002::", 16, "ipv6"],
  ["fc00::", 7, "ipv6"],
  ["fe80::", 10, "ipv6"],
  ["fec0::", 10, "ipv6"],
  ["ff00::", 8, "ipv6"],
];
// A list of each: an address of IPv4 would be found among those of IPv6, too.
const blocked = { ipv4: new BlockList(), ipv6: new BlockList() };
for (const [network, prefix, family] of SPECIAL) blocked[family].addSubnet(network, prefix, family);

/** Whether an address is one of the internet: not of this machine, of a network of ours, or of none. */
export function isPublicAddress(address: string): boolean {
  if (isIP(address) === 0) return false;
  const family = isIP(address) === 4 ? "ipv4" : "ipv6";
  return !blocked[family].check(address, family);
}

/** What is said where an address is refused. */
export const NOT_PUBLIC = "its address is not one of the internet, and private ones are not allowed";

/** Looks names up, and refuses what is not of the internet: the address that was looked at is the one connected to. */
export const publicLookup: LookupFunction = (name, options, callback) => {
  const all: LookupOptions & { all: true } = { ...options, all: true };
  lookup(name, all, (error: Error | null, addresses: LookupAddress[]) => {
    if (error) return callback(error, "");
    if (addresses.length === 0 || !addresses.every(({ address }) => isPublicAddress(address))) {
      return callback(new Error(NOT_PUBLIC), "");
    }
    if (options.all) callback(null, addresses);
    else callback(null, addresses[0].address, addresses[0].family);
  });
};

/**
 * An address of a name, or the address itself, to connect to.
 * @throws Error where it is not of the internet, or the name has none
 */
export function publicAddressOf(name: string): Promise<string> {
  return new Promise((resolve, reject) => {
    if (isIP(name) !== 0) return isPublicAddress(name) ? resolve(name) : reject(new Error(NOT_PUBLIC));
    publicLookup(name, {}, (error, address) => error ? reject(error) : resolve(address as string));
  });
}
