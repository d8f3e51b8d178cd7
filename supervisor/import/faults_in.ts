import { yamlBudget } from "../../config/extent.ts";
import type { Fault } from "../../config/fault.ts";
import type { Variables } from "../../config/substitute.ts";
import { locateMapping } from "../../config/locate.ts";
import { canonicalFile } from "../config/aliases.ts";
import { substituteFile } from "../config/instances.ts";
import { checkProcess } from "../config/process_faults.ts";
import { processesIn, shortKey } from "../config/short_form.ts";

/** What is wrong with the processes of a configuration in itself: files, users and variables are not looked for. */
export function faultsIn(text: string, name: string): Fault[] {
  const faults: Fault[] = [];
  const raw = locateMapping(text, name, "processes", faults, yamlBudget());
  if (raw === null) return faults;
  const located = canonicalFile(substituteFile(raw, assumed(text), faults), faults);
  for (const { key, entry } of processesIn(located)) checkProcess(entry, key, undefined, faults);
  return faults.map((fault) => ({ ...fault, key: shortKey(fault.key) }));
}

/** All variables of a text, with a value that is right for most where they are not set: they may be, later. */
function assumed(text: string): Variables {
  const names = [...text.matchAll(/\$\{([A-Za-z_]\w*)/g)].map(([, name]) => name);
  return { ...process.env, ...Object.fromEntries(names.map((name) => [name, process.env[name] || "1"])) };
}
