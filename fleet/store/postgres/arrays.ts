/*
 * Columns of rows as texts of PostgreSQL's arrays: one statement takes any number of rows so, by unnest. Its texts can
 * have no character 0, which agents may send: the character for what cannot be shown stands for it.
 */

/** A text that can be stored. */
export function storable(text: string): string {
  return text.toWellFormed().replaceAll("\0", "\uFFFD");
}

/** An object of texts and numbers as JSON that can be stored, and asked for its keys. */
export function storableJson(record: Readonly<Record<string, string | number>>): string {
  return JSON.stringify(
    Object.fromEntries(
      Object.entries(record).map(([key, value]) =>
        [storable(key), typeof value === "string" ? storable(value) : value] as const
      ),
    ),
  );
}

/** Texts, or other values by their texts. */
export function texts(values: readonly (string | null)[]): string {
  return `{${
    values.map((value) => value === null ? "NULL" : `"${storable(value).replaceAll(/["\\]/g, "\\$&")}"`).join(
      ",",
    )
  }}`;
}

/** Numbers, also those that are none. */
export function numbers(values: readonly (number | null)[]): string {
  return `{${values.map((value) => value ?? "NULL").join(",")}}`;
}

/** Bytes. */
export function blobs(values: readonly Uint8Array[]): string {
  return `{${values.map((value) => `"\\\\x${Buffer.from(value).toString("hex")}"`).join(",")}}`;
}
