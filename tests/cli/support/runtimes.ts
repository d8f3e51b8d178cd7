import process from "node:process";
import { ROOT } from "../../support/fixture.ts";

/** The runtime these tests run on, and how it runs proctor from its source. */
export const SOURCE: { readonly title: string; readonly command: readonly string[] } = "Deno" in globalThis
  ? { title: "deno run", command: [process.execPath, "run", "--no-check", "--allow-all", `${ROOT}/cli.ts`] }
  // Bun takes the first -- for itself.
  : { title: "bun cli.ts", command: [process.execPath, `${ROOT}/cli.ts`, "--"] };
