import { nodeFs } from "../../../io/builtins.ts";

/** What the kernel adds to a descriptor's flags where it ends at an execve (fs/proc/fd.c). */
const O_CLOEXEC = 0o2000000;

/**
 * Whether one of our standard streams was closed when we were started (`>&-`). Bun opens /dev/null in its place, where
 * all that is written would be lost without a word; what it opens is close-on-exec, as nothing that came through an
 * execve can be. Deno's stand-in cannot be told from a /dev/null that was meant: there it is false.
 */
export function wasClosedAtStart(descriptor: 1 | 2): boolean {
  try {
    const flags = /^flags:\s*([0-7]+)$/m.exec(
      nodeFs().readFileSync(`/proc/self/fdinfo/${descriptor}`, "utf8"),
    )?.[1];
    return (parseInt(flags ?? "0", 8) & O_CLOEXEC) !== 0;
  } catch {
    return false; // No /proc.
  }
}
