/**
 * The text `bytes[from, to)`, invalid UTF-8 replaced. Names are short and nearly always ASCII: made letter by letter,
 * that is several times cheaper than a decoder, which needs a copy besides (Deno's refuses foreign memory).
 */
export function decode(bytes: Uint8Array, from: number, to: number): string {
  let text = "";
  for (let at = from; at < to; at++) {
    if (bytes[at] > 127) return new TextDecoder().decode(bytes.slice(from, to));
    text += String.fromCharCode(bytes[at]);
  }
  return text;
}
