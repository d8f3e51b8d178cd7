/* A writer in a process of its own, which is killed in the midst of what it does. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import type { Store } from "../../../fleet/store/contract.ts";
import { ROOT } from "../../support/fixture.ts";
import { DAY, HOUR, hourOf, rollsIn } from "./support.ts";
import { AGENTS, readBack, UNIT } from "./written.ts";

const RUNTIME = process.versions["deno"] === undefined ? [] : ["run", "--no-check", "--allow-all"];
const WRITER = [...RUNTIME, join(ROOT, "tests/fleet/store/writer.ts")];

/**
 * Kill a writer again and again, and hold what is there against what it has promised.
 * @param place a directory, or the URL of a database
 */
export async function killAgainAndAgain(
  place: string,
  times: number,
  open: () => Promise<Store>,
): Promise<void> {
  let promised = new Map<number, number>();
  for (let time = 0; time < times; time++) {
    // Killed at the n-th promise, or as long after it as a promise may take.
    promised = await killAt(place, 1 + time % 13, Math.random() * 8) ?? promised;
  }
  const store = await open();
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
}

/** @returns what was promised last; null where it was killed before */
async function killAt(place: string, promises: number, ms: number): Promise<Map<number, number> | null> {
  const child = spawn(process.execPath, [...WRITER, place], { stdio: ["ignore", "pipe", "inherit"] });
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
