import { BlockList, isIP } from "node:net";

/** What stands for a Unix socket among addresses: nginx names a client so that comes by one. */
const UNIX = "unix";

/** The proxies that are believed when they say who asks. */
export class TrustedProxies {
  // A list of each: an address of IPv4 would be found among those of IPv6, too.
  readonly #networks = { ipv4: new BlockList(), ipv6: new BlockList() };
  #hasUnix = false;

  /**
   * @param written addresses, networks such as `10.0.0.0/8`, and `unix` for those that come by a Unix socket
   * @throws RangeError with what is none of these
   */
  constructor(written: readonly string[]) {
    for (const one of written) this.#add(one);
  }

  /**
   * Where a request comes from: the last address of the chain, from its end, that is not a proxy of ours. What stands
   * before that one, anybody can have written.
   * @param connected where the connection comes from; empty for a Unix socket
   */
  clientOf(connected: string, headers: Headers): string {
    const direct = plainAddress(connected) ?? connected;
    if (!this.#trusts(direct === "" ? UNIX : direct)) return direct;
    const chains = [headers.get("x-forwarded-for"), headers.get("forwarded")];
    const found = new Set(
      chains.flatMap((chain, at) =>
        chain === null ? [] : [this.#lastOther(at === 0 ? chain.split(",") : namedIn(chain)) ?? direct]
      ),
    );
    // A proxy writes one of the two, and may hand on the other as the client wrote it: which one is not known.
    return found.size === 1 ? [...found][0]! : direct;
  }

  /** Null where the chain breaks off: nothing before what cannot be read is known. */
  #lastOther(chain: readonly string[]): string | null {
    let last: string | null = null;
    for (const hop of chain.toReversed()) {
      const address = hop.trim() === `${UNIX}:` ? UNIX : addressIn(hop);
      if (address === null) return last;
      if (!this.#trusts(address)) return address === UNIX ? last : address;
      if (address !== UNIX) last = address;
    }
    return last;
  }

  #trusts(address: string): boolean {
    if (address === UNIX) return this.#hasUnix;
    const family = isIP(address) === 4 ? "ipv4" : isIP(address) === 6 ? "ipv6" : null;
    return family !== null && this.#networks[family].check(address, family);
  }

  #add(written: string): void {
    if (written === UNIX) {
      this.#hasUnix = true;
      return;
    }
    const [, address = "", digits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(written) ?? [];
    const version = isIP(address);
    const most = version === 4 ? 32 : 128;
    const prefix = digits === undefined ? most : Number(digits);
    if (version === 0 || prefix > most || address.includes("%")) throw new RangeError(written);
    const family = version === 4 ? "ipv4" : "ipv6";
    this.#networks[family].addSubnet(address, prefix, family);
  }
}

/** The addresses that `Forwarded` (RFC 7239) names, in their order; an element without one is a hole in the chain. */
function namedIn(header: string): string[] {
  return piecesOf(header, ",").map((element) => {
    const named = piecesOf(element, ";").map((pair) => /^\s*for\s*=\s*(.*?)\s*$/is.exec(pair)?.[1])
      .filter((value) => value !== undefined);
    return named.length === 1 ? named[0]!.replace(/^"(.*)"$/s, "$1") : "";
  });
}

/** The pieces between separators that stand in no quotes. */
function piecesOf(text: string, separator: string): string[] {
  const pieces = [""];
  let isQuoted = false;
  for (let at = 0; at < text.length; at++) {
    const letter = text[at]!;
    if (letter === '"') isQuoted = !isQuoted;
    else if (letter === "\\" && isQuoted) pieces[pieces.length - 1] += text[at++];
    if (letter === separator && !isQuoted) pieces.push("");
    else pieces[pieces.length - 1] += text[at] ?? "";
  }
  return pieces;
}

/** The address of a hop, which may have a port; null where it is none. */
function addressIn(hop: string): string | null {
  const text = hop.trim();
  const inBrackets = /^\[([^\]]+)\](?::\d{1,5})?$/.exec(text)?.[1];
  return plainAddress(inBrackets ?? /^([\d.]+):\d{1,5}$/.exec(text)?.[1] ?? text);
}

/** An address as lists have it: without a zone, and one of IPv4 that is written as IPv6 as what it is; else null. */
function plainAddress(text: string): string | null {
  const address = text.replace(/%.*$/s, "").toLowerCase();
  const within4 = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/.exec(address)?.[1];
  const found = within4 ?? address;
  return isIP(found) === 0 ? null : found;
}
