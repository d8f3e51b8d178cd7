/* Textfiles of many runs in one directory, as node_exporter's textfile collector reads them. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { lstatSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, test } from "node:test";
import type { ExporterSet } from "../../../exporters/exporter_set.ts";
import { openExporters } from "../../../exporters/open.ts";
import { withDirectory } from "../../cli/support/directory.ts";
import { eventually } from "../../support/eventually.ts";
import { ask } from "../support/http.ts";
import { description, healthMessage, summary, taskMessage } from "../support/sample_messages.ts";
import { freePort } from "../../support/free_port.ts";

/** Where Debian puts it; elsewhere it has another name. */
const NODE_EXPORTER = ["prometheus-node-exporter", "node_exporter"].find((name) =>
  spawnSync(name, ["--version"]).error === undefined
);
const noNodeExporter = NODE_EXPORTER === undefined && "needs node_exporter (prometheus-node-exporter)";
const noPromtool = spawnSync("promtool", ["--version"]).error !== undefined && "needs promtool (prometheus)";

const open = (path: string): Promise<ExporterSet> =>
  openExporters({ prometheus_textfile: path, proplet_id: "node-7" }, { variables: {}, onNotice: () => {} });

/** A run of a task, whole; its name may be one that no kernel forbids. */
async function run(path: string, taskId: string): Promise<void> {
  const set = await open(path);
  set.begin({ ...description(taskId), name: taskId });
  set.health(healthMessage());
  set.message(taskMessage(taskId, {}, "ended"));
  set.end(taskId, summary());
  await set.close(5_000);
}

/** What a node_exporter gives out of a directory. */
async function scraped(directory: string): Promise<{ status: number; text: string }> {
  const port = await freePort();
  const child = spawn(NODE_EXPORTER!, [
    "--collector.disable-defaults",
    "--collector.textfile",
    `--collector.textfile.directory=${directory}`,
    `--web.listen-address=127.0.0.1:${port}`,
  ], { stdio: "ignore" });
  const ended = new Promise((resolve) => child.once("exit", resolve));
  try {
    return await eventually(
      () => ask({ host: "127.0.0.1", port, path: "/metrics" }).catch(() => undefined),
      20_000,
      () => "an answer of node_exporter",
    );
  } finally {
    child.kill("SIGKILL");
    await ended;
  }
}

describe("textfiles of many runs", { concurrency: 1 }, () => {
  test(
    "live side by side, even of one task",
    { skip: noNodeExporter, timeout: 60_000 },
    () =>
      withDirectory(async (directory) => {
        await run(join(directory, "nightly.prom"), "backup");
        await run(join(directory, "weekly.prom"), "backup");
        await run(join(directory, "odd.prom"), 'wk\x07 "r"\\\n\ud83d');
        const { status, text } = await scraped(directory);
        assert.equal(status, 200, text);
        assert.match(text, /^node_textfile_scrape_error 0$/m);
        for (const textfile of ["nightly", "weekly"]) {
          assert.match(
            text,
            new RegExp(`^proctor_run_exit_code\\{.*task="backup",textfile="${textfile}"\\} 3$`, "m"),
          );
          assert.match(text, new RegExp(`^proctor_build_info\\{.*textfile="${textfile}".*\\} 1$`, "m"));
        }
      }),
  );

  test("have no series in two of them, and promtool finds no fault with the whole", {
    skip: noPromtool,
    timeout: 60_000,
  }, () =>
    withDirectory(async (directory) => {
      await run(join(directory, "a.prom"), "backup");
      await run(join(directory, "b.prom"), "backup");
      const lines = ["a", "b"].flatMap((name) => {
        const input = readFileSync(join(directory, `${name}.prom`), "utf8");
        const { status, stderr } = spawnSync("promtool", ["check", "metrics"], { input, encoding: "utf8" });
        assert.equal(status, 0, stderr);
        return input.split("\n").filter((line) => /^proctor/.test(line)).map((line) =>
          line.replace(/ \S+$/, "")
        );
      });
      assert.ok(lines.length > 60);
      assert.equal(new Set(lines).size, lines.length);
    }));

  test("the file of a run that goes on is refused to another, also by a link, and free afterwards", {
    timeout: 60_000,
  }, () =>
    withDirectory(async (directory) => {
      const path = join(directory, "a.prom");
      const first = await open(path);
      symlinkSync("a.prom", join(directory, "link.prom"));
      for (const other of [path, join(directory, "link.prom")]) {
        await assert.rejects(open(other), {
          name: "ProctorError",
          message: `prometheus_textfile: "${other}" is in use by process ${process.pid}; give each its own`,
        });
      }
      await first.close(1_000);
      await (await open(path)).close(1_000);
      assert.deepEqual(readdirSync(directory).filter((name) => name.startsWith(".")), []);
      // What a run that was killed has left keeps nobody away.
      writeFileSync(join(directory, ".a.prom.owner"), "999999999 5\n");
      await (await open(path)).close(1_000);
    }));

  test("a link that dangles is followed", { timeout: 120_000 }, () =>
    withDirectory(async (directory) => {
      mkdirSync(join(directory, "real"));
      symlinkSync("real/later.prom", join(directory, "middle.prom"));
      symlinkSync(join(directory, "middle.prom"), join(directory, "link.prom"));
      await run(join(directory, "link.prom"), "backup");
      assert.match(
        readFileSync(join(directory, "real/later.prom"), "utf8"),
        /^proctor_run_exit_code\{.*\} 3$/m,
      );
      assert.ok(lstatSync(join(directory, "link.prom")).isSymbolicLink());
      assert.ok(lstatSync(join(directory, "middle.prom")).isSymbolicLink());
      assert.deepEqual(readdirSync(join(directory, "real")), ["later.prom"]);
    }));
});
