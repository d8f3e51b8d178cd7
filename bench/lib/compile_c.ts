import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { inRepository } from "./runtimes.ts";

/**
 * Compile one of our C programs into a directory; the path of the executable.
 * @throws when there is no gcc, or the program does not compile
 */
export function compileC(name: string, directory: string): string {
  const output = join(directory, name);
  execFileSync("gcc", ["-O2", "-Wall", "-Wextra", "-o", output, inRepository(`bench/${name}.c`)]);
  return output;
}
