import { readFile, text } from "../proc/kernel_file.ts";

/** Split what /proc shows of our own start: strings ended by a zero byte each. */
function words(path: string): Uint8Array[] {
  if (!readFile(path)) return [];
  const bytes = text.bytes.slice(0, text.length);
  const list: Uint8Array[] = [];
  for (let start = 0; start < bytes.length;) {
    const end = bytes.indexOf(0, start);
    const stop = end < 0 ? bytes.length : end;
    list.push(bytes.subarray(start, stop));
    start = stop + 1;
  }
  return list;
}

/** Our arguments as bytes (proc_pid_cmdline(5)): the runtime's strings lose what is not UTF-8. */
export function ownArguments(): Uint8Array[] {
  return words("/proc/self/cmdline");
}

/** Our environment as we were given it (proc_pid_environ(5)), untouched by the runtime. */
export function ownEnvironment(): Uint8Array[] {
  const given = words("/proc/self/environ");
  // Without /proc, better the runtime's idea of it than none.
  return given.length > 0
    ? given
    : Object.entries(process.env).map(([name, value]) => Buffer.from(`${name}=${value}`));
}
