/** What a process was started with, as bytes. */
export interface ProcessWords {
  readonly executable: Uint8Array;
  readonly args: readonly Uint8Array[];
  /** Empty for programs of Apple's: the kernel keeps it from us. */
  readonly env: readonly Uint8Array[];
}

/**
 * What the MIB { CTL_KERN, KERN_PROCARGS2, pid } of sysctl(3) gives (sysctl_procargsx in bsd/kern/kern_sysctl.c of
 * XNU): the count of arguments, the path, zeros up to a whole word, the arguments, and the environment, each string
 * ended by a zero. null where it is cut short before the arguments begin.
 */
export function parseProcessWords(bytes: Uint8Array): ProcessWords | null {
  if (bytes.length < 4) return null;
  const count = new DataView(bytes.buffer, bytes.byteOffset, 4).getInt32(0, true);
  const pathEnd = bytes.indexOf(0, 4);
  if (count < 0 || pathEnd < 0) return null;
  let at = pathEnd;
  while (at < bytes.length && bytes[at] === 0) at++;
  const words: Uint8Array[] = [];
  // Behind the environment, an empty string begins what the kernel and the loader tell each other.
  while (at < bytes.length && (words.length < count || bytes[at] !== 0)) {
    const end = bytes.indexOf(0, at);
    const stop = end < 0 ? bytes.length : end;
    words.push(bytes.slice(at, stop));
    at = stop + 1;
  }
  return { executable: bytes.slice(4, pathEnd), args: words.slice(0, count), env: words.slice(count) };
}
