import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { inRepository } from "./runtimes.ts";

/** The compiled binary; built when there is none. */
export function proctorBinary(): string {
  const path = inRepository("dist/proctor");
  if (!existsSync(path)) {
    execFileSync(inRepository("scripts/build"), { stdio: ["ignore", "ignore", "inherit"] });
  }
  return path;
}
