import type { NoProcessEvents } from "../../contract/process_events.ts";
import { nodeFs } from "../../../io/builtins.ts";
import { reasonOf } from "../../../io/errno_words.ts";
import { fieldOffsets } from "../bpf/btf.ts";
import type { FieldOffsets } from "../bpf/btf.ts";
import { FIELDS, missingField } from "./program_parts.ts";

const TYPES = "/sys/kernel/btf/vmlinux";

/** Where the kernel's structs have their fields; or why that is not known, which may pass. */
export function readOffsets(types = TYPES): FieldOffsets | NoProcessEvents {
  let bytes: Uint8Array;
  try {
    bytes = nodeFs().readFileSync(types);
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
  const found = fieldOffsets(bytes, FIELDS);
  const missing = found ? missingField(found) : "types at all";
  if (found && missing === null) return found;
  return { reason: `the kernel's types have no ${missing}`, advice: "please report the kernel's version" };
}
