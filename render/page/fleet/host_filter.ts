import type { Host } from "./server.ts";

/** What is searched of a host: put together once, for as long as it stays as it is. */
const TEXTS = new WeakMap<Host, string>();

/** Whether all of some words, in lower case, are somewhere in what is known of a host. */
export function isWanted(host: Host, words: readonly string[]): boolean {
  if (words.length === 0) return true;
  let text = TEXTS.get(host);
  if (text === undefined) TEXTS.set(host, text = textOf(host));
  return words.every((word) => text.includes(word));
}

function textOf({ proplet_id, unit, host, os, version, labels }: Host): string {
  const facts = [proplet_id, unit, host, os, version, ...Object.entries(labels).map((one) => one.join("="))];
  return facts.join(" ").toLowerCase();
}
