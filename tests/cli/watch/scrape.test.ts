/* What `watch` tells of the metrics that programs of others answer themselves. */
import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import process from "node:process";
import { describe, test } from "node:test";
import type { TaskMessage } from "../../../core/schema/task_message.ts";
import { taskMessageSchema } from "../../../core/schema/task_message.ts";
import { withDirectory } from "../support/directory.ts";
import { runProgram, startProgram } from "../support/proctor.ts";
import type { Running } from "../support/proctor.ts";
import { SOURCE } from "../support/runtimes.ts";

const CASE = { timeout: 120_000 };
const parse = (line: string): TaskMessage => taskMessageSchema.strict().parse(JSON.parse(line));

async function message(agent: Running, accepts: (message: TaskMessage) => boolean): Promise<TaskMessage> {
  return parse(await agent.line((line) => accepts(parse(line))));
}

/** Lend a page that counts how often it is asked for. */
async function withPage(use: (url: string) => Promise<void>): Promise<void> {
  let count = 0;
  const server = createServer((_request, response) => {
    count++;
    response.end(`# TYPE asked_total counter\nasked_total ${count}\n# TYPE depth gauge\ndepth 7\nother 1\n`);
  }).listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  try {
    await use(`http://127.0.0.1:${(server.address() as AddressInfo).port}/metrics`);
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

describe("proctor watch", () => {
  test("tells with --scrape what the program answers", CASE, () =>
    withPage(async (url) => {
      const args = [
        "watch",
        "--pid",
        String(process.pid),
        "--no-tree",
        "--interval",
        "100ms",
        "--scrape",
        url,
      ];
      const agent = startProgram([...SOURCE.command, ...args, "--app-metrics", "asked*,depth"]);
      const { metrics } = await message(agent, ({ metrics }) => metrics.app?.app_depth !== undefined);
      assert.equal(metrics.app!.app_depth, 7);
      assert.ok(metrics.app!.app_asked_total! >= 1);
      assert.equal("app_other" in metrics.app!, false);
      agent.kill("SIGTERM");
      const { code, stderr } = await agent.ended;
      assert.equal(code, 0, stderr);
      assert.doesNotMatch(stderr, /scrape/);
    }));

  test(
    "takes pages and names from its file, for each target its own",
    CASE,
    () =>
      withPage((url) =>
        withDirectory(async (directory) => {
          const config = `${directory}/watch.yaml`;
          writeFileSync(
            config,
            `interval: 100ms\ntargets:\n  - pid: ${process.pid}\n    id: page\n    tree: false\n` +
              `    scrape: ["${url}"]\n    app_metrics: [depth]\n  - pid: ${process.pid}\n    id: none\n    tree: false\n`,
          );
          const agent = startProgram([...SOURCE.command, "watch", "--config", config]);
          const page = await message(agent, ({ metrics }) => metrics.app?.app_depth === 7);
          assert.equal(page.task_id, "page");
          assert.deepEqual(page.metrics.app, { app_depth: 7 });
          const none = await message(agent, ({ task_id }) => task_id === "none");
          assert.equal(none.metrics.app, undefined);
          agent.kill("SIGTERM");
          assert.equal((await agent.ended).code, 0);
        })
      ),
  );

  for (
    const [args, words] of [
      [
        ["--name", "x", "--scrape", "http://h/"],
        /--scrape: several processes would have one page; add --follow one/,
      ],
      [["--pid", "1", "--app-metrics", "x"], /--app-metrics: nothing uses it; add --scrape URL/],
      [["--pid", "1", "--scrape", "h:1"], /it is not a URL of http or https; write one such as http:/],
    ] as const
  ) {
    test(`refuses ${args.join(" ")}`, CASE, async () => {
      const { code, stderr } = await runProgram([...SOURCE.command, "watch", ...args]);
      assert.equal(code, 125, stderr);
      assert.match(stderr, words);
    });
  }

  test("says where its file is wrong", CASE, () =>
    withDirectory(async (directory) => {
      const config = `${directory}/watch.yaml`;
      const targets = [
        '  - name: x\n    scrape: ["ftp://x"]',
        '  - name: y\n    scrape: ["http://x/"]',
        "  - pid: 1\n    app_metrics: [x]",
      ];
      writeFileSync(config, `targets:\n${targets.join("\n")}\n`);
      const { code, stderr } = await runProgram([...SOURCE.command, "watch", "--config", config, "--check"]);
      assert.equal(code, 125, stderr);
      assert.match(
        stderr,
        /watch\.yaml:3:14: targets\.0\.scrape\.0: "ftp:\/\/x": it is not a URL of http or https/,
      );
      assert.match(stderr, /watch\.yaml:5:13: targets\.1\.scrape: several processes would have one page/);
      assert.match(stderr, /watch\.yaml:7:18: targets\.2\.app_metrics: nothing uses it; add scrape/);
    }));
});
