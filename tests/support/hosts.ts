import { readFileSync } from "node:fs";
import type { HostRoots } from "../../platform/mod.ts";
import { ROOT } from "./fixture.ts";

/** The machines of tests/captured/hosts; its README.md describes them. */
export type CapturedHost = "vm_no_swap" | "namespaces" | "storage_server" | "container";

/** Where a captured machine's files lie. */
export function hostRoots(name: CapturedHost): HostRoots {
  const directory = `${ROOT}/tests/captured/hosts/${name}`;
  return { proc: `${directory}/proc`, sys: `${directory}/sys`, files: `${directory}/files` };
}

/** A file of a captured machine's /proc. */
export function hostFile(name: CapturedHost, file: string): string {
  return readFileSync(`${hostRoots(name).proc}/${file}`, "utf8");
}
