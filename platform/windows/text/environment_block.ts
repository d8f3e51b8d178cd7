import { foldCase } from "./wide.ts";

/** The name in `NAME=value`: the current directory of a drive stands as `=C:=C:\there`. */
export function variableName(entry: string): string {
  const end = entry.indexOf("=", 1);
  return end < 0 ? entry : entry.slice(0, end);
}

/** The value of a variable, whatever the case its name is written in; the last where there are several. */
export function variableIn(entries: readonly string[], name: string): string | undefined {
  const wanted = foldCase(name);
  const entry = entries.findLast((one) => foldCase(variableName(one)) === wanted);
  return entry?.slice(variableName(entry).length + 1);
}

/**
 * An environment as CreateProcessW takes it: each variable once, the last where names differ in case only, sorted by
 * name without regard to case, each ended by a zero, and all by another.
 */
export function environmentBlock(entries: readonly string[]): Uint8Array {
  const byName = new Map<string, string>();
  for (const entry of entries) byName.set(foldCase(variableName(entry)), entry);
  const sorted = [...byName].sort(([one], [other]) => one < other ? -1 : 1).map(([, entry]) => `${entry}\0`);
  return Buffer.from(`${sorted.join("") || "\0"}\0`, "utf16le");
}

/** The variables in such a block. */
export function variablesIn(block: Uint8Array): string[] {
  const text = Buffer.from(block.buffer, block.byteOffset, block.byteLength).toString("utf16le");
  return text.slice(0, text.indexOf("\0\0")).split("\0").filter((entry) => entry !== "");
}
