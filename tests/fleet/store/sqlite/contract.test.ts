import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openDirectory } from "../../../../fleet/store/sqlite/open.ts";
import { testStore } from "../contract.ts";

// deno-lint-ignore require-await
testStore("a store in a directory", async () => {
  const directory = mkdtempSync(join(tmpdir(), "proctor-store-"));
  return {
    name: directory,
    open: () => openDirectory(directory),
    openCopy: (copy) => openDirectory(copy),
    // deno-lint-ignore require-await
    [Symbol.asyncDispose]: async () => rmSync(directory, { recursive: true }),
  };
});
