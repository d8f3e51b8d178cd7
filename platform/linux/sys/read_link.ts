import { systemCall } from "./machine_code.ts";
import { decode } from "../proc/decode.ts";
import { pathAddress } from "../proc/kernel_file.ts";
import { ForeignMemory } from "./memory.ts";

const target = new ForeignMemory(4_096);

/** What a symbolic link points to (readlink(2)), the path absolute; undefined when it cannot be read. */
export function readLink(path: string): string | undefined {
  const length = systemCall("readlinkat", 0, pathAddress(path), target.address, target.size);
  return length < 0 ? undefined : decode(target.bytes, 0, length);
}
