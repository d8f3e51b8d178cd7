/* What lies where a file of the store should be, and is none: one line, and nobody is held up. */
import assert from "node:assert/strict";
import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { openDirectory } from "../../../../fleet/store/sqlite/open.ts";
import { makeFifo } from "../../../support/fifo.ts";

describe("a store whose file is none is refused", () => {
  const kinds: readonly [string, (path: string) => unknown, RegExp][] = [
    ["a FIFO", makeFifo, /it is a pipe \(FIFO\); name a regular file$/],
    ["a link to a device", (path) => symlinkSync("/dev/zero", path), /it is a symbolic link/],
    ["a link to itself", (path) => symlinkSync(path, path), /it is a symbolic link/],
  ];
  for (const name of ["fleet.db", "journal.db", "fleet.db-wal"]) {
    for (const [kind, make, words] of kinds) {
      test(`${name} is ${kind}`, { timeout: 120_000 }, async () => {
        const directory = mkdtempSync(join(tmpdir(), "proctor-unfit-"));
        const store = join(directory, "store");
        try {
          await (await openDirectory(store)).close();
          rmSync(join(store, name), { force: true });
          make(join(store, name));
          await assert.rejects(openDirectory(store), (error: Error) => {
            assert.match(error.message, words);
            assert.ok(error.message.includes(join(store, name)), error.message);
            return true;
          });
          // Nothing is left locked.
          rmSync(join(store, name));
          await (await openDirectory(store)).close();
        } finally {
          rmSync(directory, { recursive: true, force: true });
        }
      });
    }
  }
});
