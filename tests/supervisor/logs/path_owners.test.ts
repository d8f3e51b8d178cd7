/* Which process writes which file, of many that are made in one go. */
import assert from "node:assert/strict";
import { linkSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, test } from "node:test";
import { PathOwners } from "../../../supervisor/logs/path_owners.ts";

describe("paths of logs that are claimed in one turn of the event loop", () => {
  let directory: string;
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), "proctor-owners-"));
  });
  afterEach(() => rmSync(directory, { recursive: true }));

  const at = (name: string) => join(directory, name);
  const taken = { message: /written by a already/ };

  test("are the same where one is made between the claims", () => {
    const owners = new PathOwners();
    owners.claim("a", [at("a.log")]);
    // Its owner makes it now.
    writeFileSync(at("a.log"), "");
    owners.claim("b", [at("b.log")]);
    linkSync(at("a.log"), at("c.log"));
    assert.throws(() => owners.claim("c", [at("c.log")]), taken);
  });

  test("are the same by a linked directory, before there is a file and after", () => {
    const owners = new PathOwners();
    symlinkSync(directory, at("other"));
    owners.claim("a", [at("a.log")]);
    assert.throws(() => owners.claim("b", [at("other/a.log")]), taken);
    writeFileSync(at("a.log"), "");
    assert.throws(() => owners.claim("b", [at("other/a.log")]), taken);
  });

  test("are others once their owner has set them aside as it opened them", () => {
    const owners = new PathOwners();
    writeFileSync(at("a.log"), "");
    owners.claim("a", [at("a.log")]);
    renameSync(at("a.log"), at("a.log.1"));
    writeFileSync(at("a.log"), "");
    owners.claim("b", [at("a.log.1")]);
    linkSync(at("a.log"), at("c.log"));
    assert.throws(() => owners.claim("c", [at("c.log")]), taken);
  });

  test("are free again once they are released", async () => {
    const owners = new PathOwners();
    writeFileSync(at("a.log"), "");
    owners.claim("a", [at("a.log")]);
    owners.claim("b", [at("b.log")]);
    owners.release("a");
    owners.claim("c", [at("a.log")]);
    await Promise.resolve();
    assert.throws(() => owners.claim("d", [at("a.log")]), { message: /written by c already/ });
  });
});
