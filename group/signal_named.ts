import type { Platform } from "../platform/mod.ts";

/** The signal that is meant by `HUP`, `sighup`, `SIGHUP` or `1`, by its name; null where there is none. */
export function signalNamed(
  text: string,
  { signalName, signalNumber }: Pick<Platform, "signalName" | "signalNumber">,
): string | null {
  const word = text.toUpperCase();
  const name = /^\d{1,3}$/.test(word)
    ? signalName(Number(word))
    : word.startsWith("SIG")
    ? word
    : `SIG${word}`;
  return signalNumber(name) > 0 ? name : null;
}
