import assert from "node:assert/strict";
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  watch,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { describe, test } from "node:test";
import { openExporters } from "../../../exporters/open.ts";
import type { Board } from "../../../exporters/prometheus/board.ts";
import { Textfile } from "../../../exporters/prometheus/textfile.ts";
import { TextfileExporter } from "../../../exporters/prometheus/textfile_exporter.ts";
import { withDirectory } from "../../cli/support/directory.ts";
import { eventually } from "../../support/eventually.ts";
import {
  description,
  exportContext,
  healthMessage,
  summary,
  taskMessage,
} from "../support/sample_messages.ts";

const CPU = /^proctor_cpu_seconds_total\{.*task="a".*\} (\S+)$/m;

describe("a textfile", () => {
  test("holds the last state at the end, for everybody to read, with nothing beside it", () =>
    withDirectory(async (directory) => {
      const path = join(directory, "build.prom");
      const umask = process.umask(0o077);
      try {
        const exporter = new TextfileExporter(path, exportContext(), "plain");
        for (let second = 1; second <= 50; second++) {
          exporter.message(taskMessage("a", { cpu_seconds: second }));
        }
        exporter.message(taskMessage("a", { cpu_seconds: 51 }, "ended"));
        exporter.end("a", summary());
        await exporter.close(5_000);
        const text = readFileSync(path, "utf8");
        assert.equal(CPU.exec(text)?.[1], "51");
        assert.match(text, /^proctor_run_exit_code\{.*\} 3$/m);
        assert.equal(statSync(path).mode & 0o777, 0o644);
        assert.deepEqual(readdirSync(directory), ["build.prom"]);
        assert.deepEqual(exporter.counters, {
          sent_count: 1,
          dropped_count: 0,
          failed_count: 0,
          queued_count: 0,
        });
      } finally {
        process.umask(umask);
      }
    }));

  test("calls the label of who reports as the settings say", () =>
    withDirectory(async (directory) => {
      const cases = [[undefined, "agent"], ["plain", "agent"], ["specification", "proplet"]] as const;
      for (const [labels, name] of cases) {
        const path = join(directory, `${labels}.prom`);
        const input = { prometheus_textfile: path, proplet_id: "node-7", prometheus_labels: labels };
        const set = await openExporters(input, { variables: {}, onNotice: () => {} });
        set.begin(description("a"));
        set.message(taskMessage("a", { cpu_seconds: 1 }));
        set.health(healthMessage());
        await set.close(10_000);
        const lines = readFileSync(path, "utf8").split("\n");
        const series = lines.filter((line) => /^proctor_(?!build_info)/.test(line));
        assert.ok(series.length > 15, `${series.length} series`);
        for (const line of series) {
          const names = [...line.matchAll(/[{,](agent|proplet)="node-7"/g)].map(([, one]) => one);
          assert.deepEqual(names, [name], line);
        }
      }
    }));

  test("the last write has no other beside it, however long it takes", () =>
    withDirectory(async (directory) => {
      const path = join(directory, "build.prom");
      const exporter = new TextfileExporter(path, exportContext(), "plain");
      const { board } = exporter as unknown as { board: Board };
      const snapshot = board.snapshot.bind(board);
      let writes = 0;
      const closing = new Promise<void>((resolve) => {
        board.snapshot = () => {
          const taken = snapshot();
          writes++;
          if (writes === 1) {
            // What comes during a write is due a second after it.
            exporter.message(taskMessage("a", { cpu_seconds: 2 }));
            queueMicrotask(() => resolve(exporter.close(5_000)));
          } else if (writes === 2) {
            // The whole program stands for longer than that.
            const end = performance.now() + 1_100;
            while (performance.now() < end);
          }
          return taken;
        };
      });
      exporter.message(taskMessage("a", { cpu_seconds: 1 }));
      await eventually(() => writes > 0);
      await closing;
      assert.equal(writes, 2);
      assert.equal(CPU.exec(readFileSync(path, "utf8"))?.[1], "2");
      assert.equal(exporter.counters.failed_count, 0);
    }));

  test("is replaced at one stroke, about once a second", () =>
    withDirectory(async (directory) => {
      const path = join(directory, "build.prom");
      const inodes = new Set<number>();
      const watcher = watch(directory, (_event, name) => {
        if (name !== "build.prom" || !existsSync(path)) return;
        inodes.add(statSync(path).ino);
        assert.ok(readFileSync(path, "utf8").endsWith("\n"), "it is never seen in parts");
      });
      const exporter = new TextfileExporter(path, exportContext(), "plain");
      const endMs = performance.now() + 2_500;
      let sent = 0;
      while (performance.now() < endMs) {
        exporter.message(taskMessage("a", { cpu_seconds: ++sent }));
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      // The first at once, then one a second.
      const { sent_count } = exporter.counters;
      assert.ok(sent_count >= 2 && sent_count <= 4, `${sent_count} writes of ${sent} messages`);
      await exporter.close(5_000);
      watcher.close();
      assert.equal(CPU.exec(readFileSync(path, "utf8"))?.[1], String(sent));
    }));

  test("no longer tells of an earlier run once another begins", () =>
    withDirectory(async (directory) => {
      const path = join(directory, "build.prom");
      writeFileSync(path, 'proctor_run_exit_code{task="a",agent="node-7"} 1\n');
      const exporter = new TextfileExporter(path, exportContext(), "plain");
      exporter.begin(description("a"));
      await eventually(() => readFileSync(path, "utf8").includes("proctor_task_info{"));
      assert.ok(!readFileSync(path, "utf8").includes("proctor_run_exit_code"));
      await exporter.close(1_000);
    }));

  test("that cannot be written is told in one line, tried again, and written once it can be", () =>
    withDirectory(async (directory) => {
      const path = join(directory, "later", "build.prom");
      const context = exportContext();
      const exporter = new TextfileExporter(path, context, "plain");
      exporter.message(taskMessage("a"));
      await eventually(() => context.lines.length > 0, 5_000);
      assert.deepEqual(context.lines, [
        `prometheus_textfile: cannot write ${path}: no such file or directory; trying again`,
      ]);
      await eventually(() => exporter.counters.failed_count > 1);
      assert.equal(context.lines.length, 1);
      mkdirSync(join(directory, "later"));
      await eventually(() => existsSync(path));
      await exporter.close(1_000);
      assert.equal(exporter.counters.queued_count, 0);
    }));

  test("that can never be written costs no more than the loss", () =>
    withDirectory(async (directory) => {
      const exporter = new TextfileExporter(join(directory, "none", "x.prom"), exportContext(), "plain");
      exporter.message(taskMessage("a"));
      await exporter.close(1_000);
      const { sent_count, dropped_count } = exporter.counters;
      assert.deepEqual([sent_count, dropped_count], [0, 1]);
    }));

  test("takes away the piece of a writer that was killed, but of no writer that lives", () =>
    withDirectory((directory) => {
      const pieces = [".x.prom.999999999.tmp", ".x.prom.1.tmp", ".y.prom.999999999.tmp"];
      for (const name of pieces) writeFileSync(join(directory, name), "half");
      new Textfile(join(directory, "x.prom"));
      assert.deepEqual(readdirSync(directory).sort(), pieces.slice(1));
    }));

  test("behind a symbolic link is replaced where it is", () =>
    withDirectory(async (directory) => {
      mkdirSync(join(directory, "real"));
      const real = join(directory, "real", "x.prom");
      writeFileSync(real, "old");
      symlinkSync(real, join(directory, "x.prom"));
      await new Textfile(join(directory, "x.prom")).write("new\n");
      assert.equal(readFileSync(real, "utf8"), "new\n");
      assert.deepEqual(readdirSync(join(directory, "real")), ["x.prom"]);
    }));

  test("takes the place of no device and no directory", () =>
    withDirectory(async (directory) => {
      for (const path of ["/dev/null", directory]) {
        await assert.rejects(
          openExporters({ prometheus_textfile: path }, { variables: {} }),
          (error: Error) => error.message === `prometheus_textfile: "${path}" is there and is not a file`,
        );
      }
      // Nor of one that comes later.
      const path = join(directory, "x.prom");
      const file = new Textfile(path);
      mkdirSync(path);
      await assert.rejects(file.write("text"));
      assert.deepEqual(readdirSync(directory), ["x.prom"]);
    }));

  test("whose name no node_exporter reads is told", () =>
    withDirectory(async (directory) => {
      const lines: string[] = [];
      const path = join(directory, "x.txt");
      const set = await openExporters({ prometheus_textfile: path }, {
        variables: {},
        onNotice: (line) => lines.push(line),
      });
      await set.close(0);
      assert.deepEqual(lines, [
        `prometheus_textfile: "${path}" does not end in .prom: node_exporter will not read it`,
      ]);
    }));
});

test("a place that cannot even be looked at is told of when the file is written", () =>
  withDirectory(async (directory) => {
    for (const name of ["x".repeat(300), "y".repeat(253)]) {
      const context = exportContext();
      const exporter = new TextfileExporter(join(directory, name), context, "plain");
      exporter.message(taskMessage("a", { cpu_seconds: 1 }));
      await exporter.close(5_000);
      assert.match(context.lines[0], /cannot write .*: its name is too long/);
    }
    assert.deepEqual(readdirSync(directory), []);
  }));
