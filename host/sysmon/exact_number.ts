/*
 * Numbers that only say which request it is come back as they were written, of any size: JSON.parse rounds
 * 1764336000123456789. https://tc39.es/proposal-json-parse-with-source/
 */

/** A number as it was written; JSON.stringify gives it back. */
export type ExactNumber = { readonly rawJSON: string };

const json = JSON as unknown as {
  rawJSON(text: string): ExactNumber;
  isRawJSON(value: unknown): value is ExactNumber;
};

/** What a request is told apart by. */
const IDS = new Set(["id", "correlation_id"]);

/** For JSON.parse: keeps IDs that a number would not give back, and integers of any place that are beyond it. */
export function exactly(key: string, value: unknown, { source }: { source?: string } = {}): unknown {
  if (typeof value !== "number" || source === undefined || String(value) === source) return value;
  const isBeyond = Number.isInteger(value) ? !Number.isSafeInteger(value) : !Number.isFinite(value);
  return isBeyond || IDS.has(key) ? json.rawJSON(source) : value;
}

/** Whether a value is such a number. */
export function isExact(value: unknown): value is ExactNumber {
  return json.isRawJSON(value);
}
