/* What a process has loaded into the kernel, and what is loaded at all. */
import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import process from "node:process";
import { systemCall } from "../../platform/linux/sys/machine_code.ts";
import { ForeignMemory } from "../../platform/linux/sys/memory.ts";

const PROG_GET_NEXT_ID = 11;
const EPERM = -1;

function nextProgram(after: number): number {
  const attributes = new ForeignMemory(120);
  attributes.view.setUint32(0, after, true);
  const result = systemCall("bpf", PROG_GET_NEXT_ID, attributes.address, attributes.size);
  const next = result < 0 ? result : attributes.view.getUint32(4, true);
  attributes.free();
  return next;
}

/** Why no program can be loaded here; false when one can. */
export const noBpf: string | false = process.getuid?.() !== 0
  ? "the tests do not run as root"
  : nextProgram(0) === EPERM && "needs the rights to load eBPF";

/** The numbers of all programs of eBPF in the kernel (BPF_PROG_GET_NEXT_ID of bpf(2)). */
export function loadedPrograms(): number[] {
  const ids: number[] = [];
  for (let id = nextProgram(0); id > 0; id = nextProgram(id)) ids.push(id);
  return ids;
}

/** The numbers of those that a process holds. */
export function programsOf(pid: number): number[] {
  return readdirSync(`/proc/${pid}/fd`).flatMap((name) => {
    try {
      if (!readlinkSync(`/proc/${pid}/fd/${name}`).includes("bpf-prog")) return [];
      return Number(/^prog_id:\s*(\d+)$/m.exec(readFileSync(`/proc/${pid}/fdinfo/${name}`, "utf8"))![1]);
    } catch {
      return []; // Closed since it was listed.
    }
  });
}
