import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openDirectory } from "../../../../fleet/store/sqlite/open.ts";
import { killAgainAndAgain } from "../killed.ts";

const TIMES = 30;

test("a store that is killed again and again loses nothing that it has promised, and doubles nothing", async () => {
  const directory = mkdtempSync(join(tmpdir(), "proctor-killed-"));
  try {
    await killAgainAndAgain(directory, TIMES, () => openDirectory(directory));
  } finally {
    rmSync(directory, { recursive: true });
  }
});
