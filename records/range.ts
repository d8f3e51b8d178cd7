/*
 * What a number of a record can be. JSON has larger ones (1e300, and 1e400, which is read as infinite): those are
 * damage, and arithmetic on them would be, too.
 */

/** More than a century. */
const LARGEST_SECONDS = 4e9;
/** Of ten million cores. */
const LARGEST_PERCENT = 1e9;

/** The largest that a value of this name can be. */
export function largestOf(name: string): number {
  if (name.endsWith("_seconds")) return LARGEST_SECONDS;
  return name.endsWith("_percent") ? LARGEST_PERCENT : Number.MAX_SAFE_INTEGER;
}

/** The first number of a value that is out of range, as `path: 1e300 is out of range`; null when there is none. */
export function outOfRange(value: unknown, name = "", path = ""): string | null {
  if (typeof value === "number") {
    return Math.abs(value) <= largestOf(name) ? null : `${path}: ${value} is out of range`;
  }
  if (typeof value !== "object" || value === null) return null;
  for (const [key, inner] of Object.entries(value)) {
    const fault = outOfRange(inner, key, path === "" ? key : `${path}.${key}`);
    if (fault !== null) return fault;
  }
  return null;
}
