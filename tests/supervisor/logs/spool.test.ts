/* A spool that cannot be opened leaves nothing open behind it. */
import assert from "node:assert/strict";
import { mkdirSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { Spool } from "../../../supervisor/logs/spool.ts";
import { loadSpoolMeans } from "../../../supervisor/logs/spool_means.ts";
import type { StreamPipeline } from "../../../supervisor/logs/stream_pipeline.ts";
import { openTracks } from "../../../supervisor/logs/track.ts";
import { loadPlatform } from "../../../platform/mod.ts";
import { withDirectory } from "../support/logs.ts";

const openCount = () => readdirSync("/proc/self/fd").length;

test("a child that gets no mover leaves no descriptor open", async () => {
  await withDirectory(async (directory) => {
    const means = await loadSpoolMeans(join(directory, "spool"), true);
    const { outputPump } = await loadPlatform();
    const startPump = () => {
      throw Object.assign(new Error("too many open files"), { code: "EMFILE" });
    };
    const pump = { ...outputPump, startPump };
    const spool = new Spool(join(directory, "spool/a.0.stdout"), 0, { ...means, pump }, ["a"]);
    assert.throws(() => spool.openForChild(), { code: "EMFILE" });
    const before = openCount();
    for (let attempt = 0; attempt < 5; attempt++) {
      assert.throws(() => spool.openForChild(), { code: "EMFILE" });
    }
    assert.equal(openCount(), before);
    spool.remove();
  });
});

test("where the second stream's cannot be opened the first is closed", async () => {
  await withDirectory(async (directory) => {
    const means = await loadSpoolMeans(join(directory, "spool"), true);
    const before = openCount();
    const logs = { id: "a", pipeline: () => ({}) as StreamPipeline };
    const place = { path: join(directory, "spool/a.0"), offsets: { stdout: 0, stderr: 0 }, means, logs };
    mkdirSync(`${place.path}.stderr`);
    assert.throws(() => openTracks(["stdout", "stderr"], place), { code: "EISDIR" });
    assert.equal(openCount(), before);
  });
});
