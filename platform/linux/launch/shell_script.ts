import type { LaunchFailure, LaunchSpec } from "../../contract/launch.ts";
import { asShellScript as asScript, HEAD_BYTES } from "../../posix/shell_script.ts";
import { closeFile, pathAddress } from "../proc/kernel_file.ts";
import { libc } from "../sys/libc.ts";
import { ForeignMemory } from "../sys/memory.ts";

const O_RDONLY_CLOEXEC = 0o2000000;

/** How a shell runs what failed to start because it is a script without a `#!` line; null for anything else. */
export function asShellScript(spec: LaunchSpec, failure: LaunchFailure): LaunchSpec | null {
  return asScript(readHead, spec, failure);
}

function readHead(path: Uint8Array): Uint8Array | null {
  const descriptor = libc.open(pathAddress(path), O_RDONLY_CLOEXEC, 0);
  if (descriptor < 0) return null;
  const memory = new ForeignMemory(HEAD_BYTES);
  try {
    const length = Number(libc.pread(descriptor, memory.address, HEAD_BYTES, 0));
    return length < 0 ? null : memory.bytes.slice(0, length);
  } finally {
    memory.free();
    closeFile(descriptor);
  }
}
