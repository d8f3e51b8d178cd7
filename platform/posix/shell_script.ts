import type { LaunchFailure, LaunchSpec } from "../contract/launch.ts";

const SHELL = "/bin/sh";
/** errno(3), the same number everywhere. */
const ENOEXEC = 8;
/** What a shell looks at to tell a script from a program of another machine (bash: check_binary_file). */
export const HEAD_BYTES = 128;
const [NEWLINE, DASH, SLASH] = ["\n", "-", "/"].map((sign) => sign.charCodeAt(0));

/**
 * The launch of a script without a `#!` line, by the shell, as execvp(3) does where execve(2) fails with ENOEXEC; null
 * for any other failure, and for a file that is not text: a program of another machine is not fed to a shell.
 * @param readHead the first {@link HEAD_BYTES} of a file; null where it cannot be read
 */
export function asShellScript(
  readHead: (file: Uint8Array) => Uint8Array | null,
  spec: LaunchSpec,
  { stage, errno }: LaunchFailure,
): LaunchSpec | null {
  if (stage !== "exec" || errno !== ENOEXEC || !isText(readHead(seenFromHere(spec)))) return null;
  // A path that begins with a dash is not an option.
  const file = spec.file[0] === DASH ? Buffer.concat([Buffer.from("./"), spec.file]) : spec.file;
  return {
    ...spec,
    file: Buffer.from(SHELL),
    args: [Buffer.from(SHELL), file, ...spec.args.slice(1)],
  };
}

/** Whether the first line is text; of a file that cannot be read it is none, nor could the shell read it. */
function isText(head: Uint8Array | null): boolean {
  if (!head) return false;
  const lineEnd = head.indexOf(NEWLINE);
  return !head.subarray(0, lineEnd < 0 ? head.length : lineEnd).includes(0);
}

function seenFromHere({ file, cwd }: LaunchSpec): Uint8Array {
  const isOurs = cwd === undefined || file[0] === SLASH;
  return isOurs ? file : Buffer.concat([Buffer.from(`${cwd}/`), file]);
}
