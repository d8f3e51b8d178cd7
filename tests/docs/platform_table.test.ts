/*
 * The table of docs/platforms.md: what can be expected of each quantity, by the declarations of the platforms
 * themselves. A column is compared where its platform, or a library that stands for it, can be asked.
 */
import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, test } from "node:test";
import type { Accounting } from "../../core/schema/record.ts";
import { ProcessTree } from "../../group/process_tree.ts";
import { describeAccounting } from "../../monitor/run/accounting.ts";
import { darwinSystem } from "../../platform/darwin/mod.ts";
import { loadPlatform } from "../../platform/mod.ts";
import type { ContainerRequest, Platform } from "../../platform/mod.ts";
import { windows } from "../../platform/windows/mod.ts";
import { FakeDarwin, noFake } from "../platform/darwin/support/fake.ts";
import { fakeWindows, noFakeWindows } from "../support/fake_windows.ts";
import { ROOT } from "../support/fixture.ts";

const REQUEST: ContainerRequest = {
  wanted: { counters: true, io: true, switches: true, fileDescriptors: true },
  marker: "PROCTOR_GROUP=1-abcdef-",
  soleParent: true,
  guarded: false,
};
/** What depends on rights and kernels beyond the mechanism stands in a sentence below the table. */
const BELOW = ["network"];
const onLinux = process.platform !== "linux" && "needs Linux";

const document = readFileSync(join(ROOT, "docs/platforms.md"), "utf8");
const rows = document.slice(document.indexOf("| quantity ")).split("\n\n", 1)[0].split("\n")
  .map((line) => line.split("|").slice(1, -1).map((cell) => cell.trim()));

/** What the table says in a column. */
function column(title: string): Record<string, string> {
  const index = rows[0].indexOf(title);
  assert.ok(index > 0, `no column "${title}": ${rows[0].join(", ")}`);
  return Object.fromEntries(rows.slice(2).map((cells) => [cells[0].replaceAll("`", ""), cells[index]]));
}

/** The same as a platform says it of an empty tree. */
function declared(platform: Platform, request: ContainerRequest): Record<string, string> {
  const tree = ProcessTree.create(platform, request);
  try {
    tree.refresh(0, "everything");
    return asColumn(describeAccounting(tree, "expected"));
  } finally {
    tree.release();
  }
}

function asColumn(accounting: Accounting): Record<string, string> {
  const told = Object.entries(accounting).filter(([name]) => !BELOW.includes(name));
  return Object.fromEntries(
    told.map(([name, { source, quality }]) => [name, source === "none" ? quality : `${quality} (${source})`]),
  );
}

/** Whether this machine's cgroups lack a controller that the column is about. */
async function lacksControllers(): Promise<boolean> {
  try {
    const tree = ProcessTree.create(await loadPlatform(), REQUEST);
    const { countsMemory, countsPeakMemory, countsDisk } = tree.container;
    tree.release();
    return !(countsMemory && countsPeakMemory && countsDisk);
  } catch {
    return true;
  }
}
const noControllers = await lacksControllers() && "needs cgroup v2 with the controllers memory and io";

describe("what the platforms declare is what the table says", () => {
  test("Linux, cgroup", { skip: noControllers }, async () => {
    assert.deepEqual(declared(await loadPlatform(), REQUEST), column("Linux, cgroup v2"));
  });

  test("Linux, subreaper", { skip: onLinux }, async () => {
    const request = { ...REQUEST, mechanism: "subreaper" } as const;
    assert.deepEqual(declared(await loadPlatform(), request), column("Linux, subreaper"));
  });

  test("macOS", { skip: noFake, timeout: 60_000 }, async () => {
    using fake = new FakeDarwin("number hw.tbfrequency 24000000");
    assert.deepEqual(
      declared(await darwinSystem(fake.library).platform(), REQUEST),
      column("macOS, process_group"),
    );
  });

  test("Windows", { skip: noFakeWindows, timeout: 60_000 }, () => {
    fakeWindows().fake_reset();
    assert.deepEqual(declared(windows, REQUEST), column("Windows, job_object"));
  });
});
