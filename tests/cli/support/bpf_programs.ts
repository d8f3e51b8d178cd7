/* Which programs of eBPF a process has in the kernel, as the kernel says. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { closeFile } from "../../../platform/linux/proc/kernel_file.ts";
import { systemCall } from "../../../platform/linux/sys/machine_code.ts";
import { ForeignMemory } from "../../../platform/linux/sys/memory.ts";

// bpf(2)
const PROG_GET_FD_BY_ID = 13;
const ATTRIBUTES_SIZE = 120;

/** Numbers of the programs that a process holds for raw tracepoints (proc(5), fdinfo; BPF_PROG_TYPE_RAW_TRACEPOINT). */
export function programsOf(pid: number): number[] {
  const directory = `/proc/${pid}/fdinfo`;
  const texts = readdirSync(directory).map((name) => {
    try {
      return readFileSync(join(directory, name), "utf8");
    } catch {
      return "";
    }
  });
  return texts.filter((text) => /^prog_type:\t17$/m.test(text))
    .map((text) => Number(/^prog_id:\t(\d+)$/m.exec(text)![1]));
}

/** Whether the kernel still has a program with this number. */
export function isLoaded(program: number): boolean {
  const attributes = new ForeignMemory(ATTRIBUTES_SIZE);
  attributes.view.setUint32(0, program, true);
  const descriptor = systemCall("bpf", PROG_GET_FD_BY_ID, attributes.address, ATTRIBUTES_SIZE);
  attributes.free();
  if (descriptor >= 0) closeFile(descriptor);
  return descriptor >= 0;
}
