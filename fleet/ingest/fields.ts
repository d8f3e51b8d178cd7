import { printable } from "../../core/printable.ts";
import { isUnsendable } from "../../exporters/mqtt/topic_text.ts";

/** An object of JSON. */
export type Fields = Readonly<Record<string, unknown>>;

/** The longest text that is taken. */
export const LONGEST_TEXT_BYTES = 256;

const PLAIN = /^[\x20-\x7e]{1,256}$/;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** Whether a value is an object of JSON: no array, not null. */
export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Whether a value can be a name: neither empty nor long, and without what steers a terminal. */
export function isName(value: unknown): value is string {
  if (typeof value !== "string") return false;
  if (PLAIN.test(value)) return true;
  // A character has three bytes at the most, of UTF-16's units.
  return value.length > 0 && value.length <= LONGEST_TEXT_BYTES && !isUnsendable(value) &&
    encoder.encode(value).length <= LONGEST_TEXT_BYTES;
}

/** A text that describes something: cut where it is long, what would steer a terminal written out; null: none. */
export function textOf(value: unknown): string | null {
  if (typeof value !== "string" || value.length === 0) return null;
  return PLAIN.test(value) ? value : shortened(value, LONGEST_TEXT_BYTES);
}

/** The beginning of a foreign text, made printable; nothing of a long one is kept in memory behind it. */
export function shortened(text: string, mostBytes: number): string {
  const bytes = encoder.encode(printable(text.slice(0, mostBytes).toWellFormed()));
  if (bytes.length <= mostBytes && text.length <= mostBytes) return decoder.decode(bytes);
  // An ellipsis has three bytes; a character that is cut through is left out.
  let end = Math.min(bytes.length, mostBytes - 3);
  while (end > 0 && (bytes[end] & 0xc0) === 0x80) end--;
  return `${decoder.decode(bytes.subarray(0, end))}…`;
}

/** A number that measures something; NaN for everything else. */
export function amountOf(value: unknown): number {
  return typeof value === "number" && value >= 0 && value < Infinity ? value : NaN;
}

/** Texts by name, of those that there are. */
export function labelsOf(from: Fields, names: readonly string[]): Readonly<Record<string, string>> {
  let labels: Record<string, string> | undefined;
  for (const name of names) {
    const text = textOf(from[name]);
    if (text !== null) (labels ??= {})[name] = text;
  }
  return labels ?? NO_LABELS;
}

/** No labels: most have none, and need no object of their own. */
export const NO_LABELS: Readonly<Record<string, string>> = Object.freeze({});
