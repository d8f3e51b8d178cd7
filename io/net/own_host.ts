import { hostname } from "node:os";

const LOOPBACK_ADDRESS = /^(?:::ffff:)?127(?:\.\d{1,3}){3}$|^::1$/i;
const LOOPBACK_NAME = /^(?:(?:[\w-]+\.)*localhost\.?|127(?:\.\d{1,3}){3}|\[::1\])$/i;

/**
 * Whether the Host header of a request names us. A foreign page may have its own name resolve to the loopback of its
 * visitor (DNS rebinding), to read there what is for this machine only; the header then carries the page's name.
 * So over the loopback only names of the loopback and of the machine are accepted. A client at any other address may
 * use any name: it needs no such page.
 * @param localAddress that of the connection, at our end; undefined for a Unix socket
 * @param given the host that was asked to be listened at
 * @param namesOfLoopback the names that the machine itself has for its loopback, asked for where one is with a domain:
 * of those that begin with its own, all others may be anybody's
 * @param machine what the machine is called, with its domain or without
 */
export function isOwnHost(
  host: string | undefined,
  localAddress: string | undefined,
  given: string | undefined,
  namesOfLoopback: () => readonly string[],
  machine = hostname(),
): boolean {
  if (host === undefined || localAddress === undefined || !LOOPBACK_ADDRESS.test(localAddress)) return true;
  const name = host.replace(/:\d+$/, "").toLowerCase();
  if (LOOPBACK_NAME.test(name) || name === given?.toLowerCase()) return true;
  const own = machine.toLowerCase();
  // One that was given no name is called as all are: then any page could have such a name.
  if (own === "" || own === "localhost") return false;
  const bare = name.replace(/\.$/, "");
  return bare === own || (bare.startsWith(`${own}.`) && namesOfLoopback().includes(bare));
}
