import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { openDirectory } from "../../../../fleet/store/sqlite/open.ts";
import { ROOT } from "../../../support/fixture.ts";
import { DAY, HOUR, hourOf, rollsIn } from "../support.ts";
import { AGENTS, readBack, UNIT } from "./written.ts";

const TIMES = 30;
const RUNTIME = process.versions["deno"] === undefined ? [] : ["run", "--no-check", "--allow-all"];
const WRITER = [...RUNTIME, join(ROOT, "tests/fleet/store/sqlite/writer.ts")];

test("a store that is killed again and again loses nothing that it has promised, and doubles nothing", async () => {
  const directory = mkdtempSync(join(tmpdir(), "proctor-killed-"));
  try {
    let promised = new Map<number, number>();
    for (let time = 0; time < TIMES; time++) {
      // Killed at the n-th promise, or as long after it as a promise may take.
      promised = await killAt(directory, 1 + time % 13, Math.random() * 8) ?? promised;
    }
    const store = await openDirectory(directory);
    try {
      const { stored, open } = await readBack(store);
      for (const agent of AGENTS) {
        const found = [...stored.get(agent)!, ...open.get(agent)!];
        assert.deepEqual(found, found.map((_, n) => n), `samples of agent ${agent}`);
        assert.ok(found.length >= promised.get(agent)!, `${found.length} of ${promised.get(agent)}`);
        assert.ok(stored.get(agent)!.length > 0);
      }
      await store.makeHours(Infinity);
      for (const agent of AGENTS) {
        const last = stored.get(agent)!.at(-1)!;
        const rolls = await rollsIn(store, agent, DAY, DAY + 400 * 24 * HOUR);
        const buckets = [...rolls.get(agent)!.values()].map((columns) => columns.get("cpu_seconds")!);
        assert.equal(buckets.reduce((sum, { increase }) => sum + increase, 0), last);
        assert.equal(buckets.reduce((sum, { n }) => sum + n, 0), last + 1);
        assert.equal((await hourOf(store, UNIT, "cpu_seconds", DAY)).get(agent)!.n, 2);
      }
    } finally {
      await store.close();
    }
  } finally {
    rmSync(directory, { recursive: true });
  }
});

/** @returns what was promised last; null where it was killed before */
async function killAt(directory: string, promises: number, ms: number): Promise<Map<number, number> | null> {
  const child = spawn(process.execPath, [...WRITER, directory], { stdio: ["ignore", "pipe", "inherit"] });
  let told = "";
  let timer: ReturnType<typeof setTimeout> | undefined;
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    told += text;
    if (told.split("\n").length > promises) timer ??= setTimeout(() => child.kill("SIGKILL"), ms);
  });
  const [code, signal] = await once(child, "close");
  assert.equal(signal, "SIGKILL", `it ended by itself (${code})`);
  const lines = told.slice(0, told.lastIndexOf("\n") + 1).trim().split("\n");
  return lines.at(-1) ? new Map(JSON.parse(lines.at(-1)!)) : null;
}
