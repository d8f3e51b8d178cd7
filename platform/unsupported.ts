import { ProctorError } from "../core/error.ts";
import type { Platform } from "./types.ts";

/** Stands in where no platform is written yet: any use says so in one line. */
export const unsupported: Platform = new Proxy({} as Platform, {
  get(_, name) {
    throw new ProctorError(
      "system",
      `proctor cannot watch processes on ${process.platform} yet (${String(name)}); it runs on Linux`,
    );
  },
});
