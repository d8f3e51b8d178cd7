import { systemCall } from "./machine_code.ts";
import { closeFile } from "../proc/kernel_file.ts";
import { ForeignMemory } from "./memory.ts";

const MFD_CLOEXEC = 1;
/** Since Linux 6.3, which would otherwise warn; older kernels know no such flag. */
const MFD_EXEC = 0x10;

/** An anonymous file that can be executed, with these bytes (memfd_create(2)); its descriptor, or -errno. */
export function memoryFile(name: string, bytes: Uint8Array): number {
  const nameBytes = new TextEncoder().encode(`${name}\0`);
  const memory = new ForeignMemory(bytes.length + nameBytes.length);
  try {
    memory.bytes.set(bytes);
    memory.bytes.set(nameBytes, bytes.length);
    const nameAddress = memory.address + bytes.length;
    let file = systemCall("memfd_create", nameAddress, MFD_CLOEXEC | MFD_EXEC);
    if (file < 0) file = systemCall("memfd_create", nameAddress, MFD_CLOEXEC);
    if (file < 0) return file;
    for (let written = 0; written < bytes.length;) {
      const result = systemCall("write", file, memory.address + written, bytes.length - written);
      if (result <= 0) {
        closeFile(file);
        return result;
      }
      written += result;
    }
    return file;
  } finally {
    memory.free();
  }
}
