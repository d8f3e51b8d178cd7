import { dirname, join } from "node:path";
import { ownCgroup } from "./cgroup_path.ts";
import { readText } from "./kernel_file.ts";

/**
 * The least value of a limit file from our cgroup up to the root; Infinity where there is none.
 *
 * @param sys where what lies in /sys is to be found, for captured trees
 */
export function leastLimit(
  name: string,
  parse: (text: string) => number,
  proc = "/proc",
  sys = "/sys",
): number {
  const own = ownCgroup(proc);
  let least = Infinity;
  if (!("directory" in own)) return least;
  for (let directory = own.directory; directory !== "/"; directory = dirname(directory)) {
    const place = directory.replace(/^\/sys(?=\/)/, sys);
    if (readText(join(place, "cgroup.controllers")) === undefined) break; // Above the hierarchy.
    // The root, and a cgroup without this controller, have no such file.
    const value = parse(readText(join(place, name)) ?? "max");
    if (value < least) least = value;
  }
  return least;
}
