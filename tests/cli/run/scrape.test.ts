/* `run --scrape`: what a server in the command answers at /metrics. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { describe, test } from "node:test";
import { freePort } from "../../support/free_port.ts";
import { withDirectory } from "../support/directory.ts";
import { BINARY, runProgram } from "../support/proctor.ts";
import { parseStream } from "../support/records.ts";
import { SOURCE } from "../support/runtimes.ts";

const CASE = { timeout: 120_000, skip: spawnSync("python3", ["--version"]).status !== 0 && "needs python3" };

/** Answers requests, each with what it has counted: 10 more for each of the first four; ends soon after those. */
const SERVER = `
import http.server, sys, time
count = 0
class Page(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        global count
        count = min(count + 1, 4)
        body = ("# TYPE reqs counter\\nreqs_total{a=\\"1\\"} %d\\nreqs_total{a=\\"2\\"} 5\\n# TYPE depth gauge\\ndepth %d\\n# EOF\\n"
            % (count * 10, count)).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
    def log_message(self, *words): pass
time.sleep(0.3)
server = http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Page)
while count < 4: server.handle_request()
server.timeout = 0.05
end = time.monotonic() + 0.3
while time.monotonic() < end: server.handle_request()
`;

function recorded(command: readonly string[], args: readonly string[], program: readonly string[]) {
  return withDirectory(async (directory) => {
    const file = directory + "/records.jsonl";
    const outcome = await runProgram([...command, "run", "--records", file, ...args, "--", ...program]);
    assert.equal(outcome.code, 0, outcome.stderr);
    return { ...outcome, ...parseStream(readFileSync(file, "utf8")) };
  });
}

describe("run --scrape", () => {
  for (const { title, command } of [{ title: "the binary", command: [BINARY] }, SOURCE]) {
    test(`has what a server answers, which is still starting: ${title}`, CASE, async () => {
      const port = await freePort();
      const args = [
        "--scrape",
        `http://127.0.0.1:${port}/metrics`,
        "--scrape-interval",
        "500ms",
        "--interval",
        "50ms",
      ];
      const program = ["python3", "-c", SERVER, String(port)];
      const { samples, summary, stderr } = await recorded(command, [...args, "--no-adaptive"], program);
      assert.doesNotMatch(stderr, /scrape:/);
      const told = samples.flatMap(({ app }) => app && "app_depth" in app ? [app] : []);
      assert.deepEqual([...new Set(told.map(({ app_depth }) => app_depth))], [1, 2, 3, 4]);
      for (const { app_depth, app_reqs_total, app_reqs_per_second } of told) {
        assert.equal(app_reqs_total, app_depth! * 10 + 5);
        // Ten more in what was between two answers: half a second, or longer where the machine is busy.
        if (app_depth === 1) assert.equal(app_reqs_per_second, null);
        else assert.ok(app_reqs_per_second! > 1 && app_reqs_per_second! < 45, `${app_reqs_per_second}`);
      }
      const [depth, reqs] = summary.app!.metrics;
      assert.deepEqual(depth, {
        name: "app_depth",
        kind: "gauge",
        source: "scrape",
        last: 4,
        min: 1,
        max: 4,
      });
      assert.deepEqual([reqs.name, reqs.total], ["app_reqs", 45]);
      assert.equal(summary.app!.dropped_datagram_count, null);
    });
  }

  for (
    const [what, answer, words] of [
      ["is not a page of metrics", "<html>", /line 1 is none of the text format: "<html>"/],
      ["is too large", "a 1\n".repeat(2 ** 21), /it is larger than 4194304 bytes/],
    ] as const
  ) {
    test(`says once why a page cannot be used that ${what}`, CASE, async () => {
      const server = createServer((_request, response) => void response.end(answer)).listen(0, "127.0.0.1");
      await new Promise((resolve) => server.once("listening", resolve));
      try {
        const { port } = server.address() as AddressInfo;
        const args = ["--scrape", `http://user:secret@127.0.0.1:${port}/m?token=secret`];
        const { stderr, summary } = await recorded(SOURCE.command, args, ["sleep", "1"]);
        assert.match(stderr, words);
        assert.equal(stderr.match(/scrape: http:\/\/127\.0\.0\.1:\d+\/m: /g)?.length, 1, stderr);
        assert.doesNotMatch(stderr, /secret/);
        assert.deepEqual(summary.app!.metrics, []);
      } finally {
        server.close();
        server.closeAllConnections();
      }
    });
  }

  test("never delays samples, nor the end, by a server that does not answer", CASE, async () => {
    const server = createServer(() => {}).listen(0, "127.0.0.1");
    await new Promise((resolve) => server.once("listening", resolve));
    try {
      const { port } = server.address() as AddressInfo;
      const args = ["--scrape", `http://127.0.0.1:${port}/`, "--interval", "50ms", "--no-adaptive"];
      const { summary, stderr } = await recorded(SOURCE.command, args, ["sleep", "1"]);
      assert.ok(summary.wall_seconds < 3, `${summary.wall_seconds} s`);
      assert.ok(summary.sample_count >= 8, `${summary.sample_count} samples`);
      assert.match(stderr, /scrape: .*: it was not answered before the end/);
    } finally {
      server.close();
      server.closeAllConnections();
    }
  });

  for (
    const args of [["--scrape", "localhost:9090"], ["--scrape", "ftp://x/"], ["--scrape-interval", "1s"]]
  ) {
    test(`refuses ${args.join(" ")}`, CASE, async () => {
      const { code, stderr } = await runProgram([...SOURCE.command, "run", ...args, "true"]);
      assert.equal(code, 125, stderr);
      assert.match(
        stderr,
        /not a URL of http or https; write one such as|there is nothing to ask; add --scrape URL/,
      );
    });
  }
});
