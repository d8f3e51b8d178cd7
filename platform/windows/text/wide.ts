/*
 * Text as Windows takes it: UTF-16, little-endian. What is no well-formed UTF-8 cannot be said in it.
 */

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });

/** A text as the other rooms have it, in UTF-8. */
export function fromUtf8(bytes: Uint8Array): string {
  return decoder.decode(bytes);
}

/** A text with the zero that ends it. */
export function wide(text: string): Uint8Array {
  return Buffer.from(`${text}\0`, "utf16le");
}

/** A text of so many bytes, which need not end with a zero; what stands behind one is not part of it. */
export function fromWide(bytes: Uint8Array): string {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("utf16le");
  const end = text.indexOf("\0");
  return end < 0 ? text : text.slice(0, end);
}

/**
 * A name as Windows compares it, without regard to case (CompareStringOrdinal): unit by unit, so that what grows in
 * upper case (ß) stays what it is.
 */
export function foldCase(text: string): string {
  return text.replace(/[^]/g, (unit) => {
    const upper = unit.toUpperCase();
    return upper.length === 1 ? upper : unit;
  });
}
