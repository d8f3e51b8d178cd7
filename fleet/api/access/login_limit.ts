import { isIP } from "node:net";

/** So many wrong passwords are free to an address; after that each doubles the wait, up to the longest. */
const FREE_TO_ADDRESS = 5;
/** … and to a name, from anywhere: fewer would let anybody lock somebody else out. */
const FREE_TO_NAME = 20;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 900_000;
/** Who has not failed for so long begins anew. */
const FORGOTTEN_AFTER_MS = 3_600_000;
/** More names and addresses than these push out the oldest: a flood of names takes no memory. */
const MOST_KNOWN = 10_000;
/** Each guess costs memory and time: no more of them are under way at once. */
const MOST_AT_ONCE = 4;

interface Failures {
  count: number;
  until: number;
  at: number;
}

/** Slows down those who guess passwords, by name and by address. */
export class LoginLimit {
  readonly #failures = new Map<string, Failures>();
  #underWay = 0;

  constructor(readonly now: () => number) {}

  /** How long somebody has to wait before he may try, ms; 0: not at all. */
  waitMs(name: string, address: string): number {
    if (this.#underWay >= MOST_AT_ONCE) return FIRST_WAIT_MS;
    const left = keysOf(name, address).map(({ key }) => (this.#known(key)?.until ?? 0) - this.now());
    return Math.max(0, ...left);
  }

  /** Try, and remember how it went. */
  async attempt(name: string, address: string, isRight: () => Promise<boolean>): Promise<boolean> {
    this.#underWay++;
    // Counted before it is known: many at once are not faster than one after another.
    for (const { key, free } of keysOf(name, address)) this.#fail(key, free);
    try {
      const right = await isRight();
      // Of the address this attempt alone is forgotten: who has one good password is not free to guess others.
      if (right) {
        const [{ key }, other] = keysOf(name, address);
        this.#failures.delete(key);
        const ofAddress = this.#failures.get(other.key);
        if (ofAddress) [ofAddress.count, ofAddress.until] = [ofAddress.count - 1, this.now()];
      }
      return right;
    } finally {
      this.#underWay--;
    }
  }

  #fail(key: string, free: number): void {
    const count = (this.#known(key)?.count ?? 0) + 1;
    const wait = count < free ? 0 : Math.min(LONGEST_WAIT_MS, FIRST_WAIT_MS * 2 ** (count - free));
    this.#failures.delete(key);
    this.#failures.set(key, { count, until: this.now() + wait, at: this.now() });
    const [oldest] = this.#failures.keys();
    if (this.#failures.size > MOST_KNOWN) this.#failures.delete(oldest);
  }

  #known(key: string): Failures | undefined {
    const known = this.#failures.get(key);
    return known && this.now() - known.at < FORGOTTEN_AFTER_MS ? known : undefined;
  }
}

function keysOf(name: string, address: string) {
  return [
    { key: `name ${name}`, free: FREE_TO_NAME },
    { key: `address ${networkOf(address)}`, free: FREE_TO_ADDRESS },
  ];
}

/** An address of IPv4, also one that is written as IPv6; of IPv6, the network of 64 bits that one user has whole. */
function networkOf(address: string): string {
  const within4 = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i.exec(address)?.[1];
  if (within4 !== undefined || isIP(address) !== 6) return within4 ?? address;
  const [before, after = ""] = address.replace(/%.*$/, "").split("::");
  const groups = before.split(":").filter((group) => group !== "");
  const rest = after.split(":").filter((group) => group !== "");
  const zeros = Array<string>(Math.max(0, 8 - groups.length - rest.length)).fill("0");
  return [...groups, ...zeros, ...rest].slice(0, 4).map((group) => parseInt(group, 16)).join(":");
}
