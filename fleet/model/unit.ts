/**
 * A channel of a domain, as topics name both: what one session with the broker covers, one manager answers for, and
 * people are given rights on.
 */
export interface Unit {
  readonly domain: string;
  readonly channel: string;
}

/** A unit as one text, fit for the keys of maps and tables: neither name has a slash. */
export type UnitKey = `${string}/${string}`;

/** The key of a unit. */
export function unitKey({ domain, channel }: Unit): UnitKey {
  return `${domain}/${channel}`;
}

/** The unit of a key. */
export function unitOfKey(key: UnitKey): Unit {
  const at = key.indexOf("/");
  return { domain: key.slice(0, at), channel: key.slice(at + 1) };
}

/** Stands for all units where one manager has them all: no name has a plus sign of its own. */
export const EVERY_UNIT: UnitKey = "+/+";
