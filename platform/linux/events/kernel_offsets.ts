import type { NoProcessEvents } from "../../contract/process_events.ts";
import { nodeFs } from "../../../io/builtins.ts";
import { reasonOf } from "../../../io/errno_words.ts";
import { fieldOffsets } from "../bpf/btf.ts";
import type { FieldOffsets } from "../bpf/btf.ts";
import { closeFile, openFile } from "../proc/kernel_file.ts";
import { Mapping } from "../sys/mapping.ts";
import { fileSize } from "../sys/statx.ts";
import { FIELDS, missingField } from "./program_parts.ts";

const TYPES = "/sys/kernel/btf/vmlinux";

/** Where the kernel's structs have their fields; or why that is not known, which may pass. */
export function readOffsets(types = TYPES): FieldOffsets | NoProcessEvents {
  let found: FieldOffsets | null;
  try {
    found = ofMemory(types) ?? fieldOffsets(nodeFs().readFileSync(types), FIELDS);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") {
      return {
        reason: `the kernel does not describe its types (${types})`,
        advice: "a kernel with CONFIG_DEBUG_INFO_BTF",
      };
    }
    return {
      reason: `the kernel's types cannot be read: ${reasonOf(error)}`,
      advice: `let proctor read ${types}`,
    };
  }
  const missing = found ? missingField(found) : "types at all";
  if (found && missing === null) return found;
  return { reason: `the kernel's types have no ${missing}`, advice: "please report the kernel's version" };
}

/**
 * By the kernel's own memory: since Linux 6.16 (kernel/bpf/sysfs_btf.c) that can be looked at. Else each page of 1,400
 * is a call, and all of them a fifth of the time that a command waits for its events.
 */
function ofMemory(types: string): FieldOffsets | null {
  const size = fileSize(types);
  const file = size > 0 ? openFile(types) : -1;
  if (file < 0) return null;
  const memory = Mapping.of(file, 0, size, "read alone");
  closeFile(file);
  if (!memory) return null;
  const found = fieldOffsets(memory.bytes, FIELDS);
  memory.close();
  return found;
}
