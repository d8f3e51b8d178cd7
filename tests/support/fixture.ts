import { fileURLToPath } from "node:url";

/** The root of the repository, without a slash at its end. */
export const ROOT = fileURLToPath(new URL("../../", import.meta.url)).replace(/\/$/, "");

/** The path of a fixture program; tests/fixtures/README.md says what each does. */
export function fixture(name: string): string {
  return `${ROOT}/tests/fixtures/${name}`;
}

/** What a fixture says a process has cost: the kernel's own account (getrusage). */
export interface Usage {
  user_seconds: number;
  system_seconds: number;
  cpu_seconds: number;
  minor_faults: number;
  major_faults: number;
  voluntary_context_switches: number;
  involuntary_context_switches: number;
  max_rss_bytes: number;
}
