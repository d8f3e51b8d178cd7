/** A part of an address, as it was before it was encoded; what nobody has encoded is itself. */
export function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
