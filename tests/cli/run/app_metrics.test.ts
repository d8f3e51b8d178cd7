/* `run --app-metrics`: what programs send as StatsD, by bash, Python and Node, comes to what they have sent. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { describe, test } from "node:test";
import type { AppMetricRecord } from "../../../core/schema/app_schema.ts";
import { withDirectory } from "../support/directory.ts";
import { BINARY, runProgram, startProgram } from "../support/proctor.ts";
import type { StartOptions } from "../support/proctor.ts";
import { parseStream } from "../support/records.ts";
import { asNobody, cannotDrop } from "../support/unprivileged.ts";
import { SOURCE } from "../support/runtimes.ts";

const noPython = spawnSync("python3", ["--version"]).status !== 0 && "needs python3";
const noNode = spawnSync("node", ["--version"]).status !== 0 && "needs node";
const CASE = { timeout: 120_000 };
const PYTHON_CASE = { ...CASE, skip: noPython };
const THE_BINARY = { title: "the binary", command: [BINARY] };

/** Waits a little between its datagrams, so that there are samples with each. */
const BASH = `
for depth in 3 7 5; do
  printf 'queue.depth:%d|g\\njobs:2|c' $depth >/dev/udp/$STATSD_HOST/$STATSD_PORT; sleep 0.25
done`;

/** By UDP where the first word is "udp", else to the private socket; waits where the kernel has no room. */
const PYTHON = `
import os, socket, sys
if sys.argv[1] == "udp":
    one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    one.connect((os.environ["STATSD_HOST"], int(os.environ["STATSD_PORT"])))
else:
    one = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    one.connect(os.environ["PROCTOR_METRICS_SOCKET"])
for value in range(1, 201):
    one.send(b"http.time:%d|ms\\nhttp.requests:1|c|@0.5|#code:200\\nuser:%d|s\\nno sense" % (value, value % 7))
`;

/** Counts to 200 when it is asked to end: far more than the kernel has room for while nobody takes any. */
const LAST_WORDS = `
import os, signal, socket, sys, time
def end(number, frame):
    one = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    one.connect(os.environ["PROCTOR_METRICS_SOCKET"])
    for _ in range(200):
        one.send(b"last.words:1|c")
    sys.exit(7)
signal.signal(signal.SIGTERM, end)
while True:
    time.sleep(10)
`;

function recorded(
  command: readonly string[],
  args: readonly string[],
  program: readonly string[],
  options: StartOptions = {},
) {
  return withDirectory(async (directory) => {
    const file = `${directory}/records.jsonl`;
    const words = [...command, "run", "--records", file, ...args, "--", ...program];
    const outcome = await runProgram(words, options);
    assert.equal(outcome.code, 0, outcome.stderr);
    return { ...outcome, ...parseStream(readFileSync(file, "utf8")) };
  });
}

function metric(app: { metrics: AppMetricRecord[] } | undefined, name: string): AppMetricRecord {
  const found = app?.metrics.find((one) => one.name === name);
  assert.ok(found, `${name} is not in ${JSON.stringify(app)}`);
  return found;
}

describe("run --app-metrics", () => {
  for (const { title, command } of [THE_BINARY, SOURCE]) {
    test(`has what bash sends in samples and in the summary: ${title}`, CASE, async () => {
      const args = ["--app-metrics", "*", "--interval", "50ms", "--no-adaptive"];
      const { samples, summary, stderr } = await recorded(command, args, ["bash", "-c", BASH]);
      const depths = samples.flatMap(({ app }) => app?.app_queue_depth ?? []);
      assert.deepEqual([...new Set(depths)], [3, 7, 5]);
      const jobs = samples.map(({ app }) => app?.app_jobs_total ?? 0);
      assert.deepEqual(jobs, jobs.toSorted((a, b) => a - b));
      const counted = samples.reduce((sum, { app, interval_seconds }) => {
        return sum + (app?.app_jobs_per_second ?? 0) * interval_seconds;
      }, 0);
      assert.ok(Math.abs(counted - 6) < 0.01, `${counted}`);
      const { app, wall_seconds } = summary;
      const { per_second, ...told } = metric(app, "app_jobs");
      assert.deepEqual(told, { name: "app_jobs", kind: "counter", source: "statsd", total: 6 });
      assert.ok(Math.abs(per_second! * wall_seconds - 6) < 0.1, `${per_second} in ${wall_seconds} s`);
      assert.deepEqual(metric(app, "app_queue_depth"), {
        name: "app_queue_depth",
        kind: "gauge",
        source: "statsd",
        last: 5,
        min: 3,
        max: 7,
      });
      assert.deepEqual([app!.line_count, app!.malformed_line_count, app!.dropped_datagram_count], [6, 0, 0]);
      assert.match(stderr, /^ {2}reported by the program$/m);
      assert.match(stderr, /^ +5 +7 +app_queue_depth$/m);
    });

    for (const way of ["udp", "private socket"]) {
      test(`takes everything that Python sends by ${way}: ${title}`, PYTHON_CASE, async () => {
        const args = ["--app-metrics", "http*"];
        const { summary } = await recorded(command, args, ["python3", "-c", PYTHON, way]);
        const { app } = summary;
        assert.equal(app!.dropped_datagram_count, 0);
        assert.equal(metric(app, "app_http_requests").total, 400);
        const { p95, ...time } = metric(app, "app_http_time");
        assert.deepEqual([time.kind, time.total, time.mean, time.min, time.max], [
          "timer",
          200,
          100.5,
          1,
          200,
        ]);
        assert.ok(Math.abs(p95! / 190 - 1) < 0.02, `${p95}`);
        assert.deepEqual([app!.metrics.length, app!.line_count], [2, 800]);
        assert.deepEqual([app!.malformed_line_count, app!.unselected_line_count], [200, 200]);
      });
    }
  }

  test(
    "takes what the command sends while it is stopped, which so ends by itself",
    PYTHON_CASE,
    () =>
      withDirectory(async (directory) => {
        const file = `${directory}/records.jsonl`;
        const args = ["--app-metrics", "*", "--timeout", "1s", "--grace", "20s", "--records", file];
        const { stderr } = await runProgram([
          ...SOURCE.command,
          "run",
          ...args,
          "--",
          "python3",
          "-c",
          LAST_WORDS,
        ]);
        const { summary } = parseStream(readFileSync(file, "utf8"));
        assert.deepEqual(
          [summary.outcome, summary.exit_code, summary.signal],
          ["timed_out", 7, null],
          stderr,
        );
        assert.equal(metric(summary.app, "app_last_words").total, 200);
      }),
  );

  test("takes what Node sends", { ...CASE, skip: noNode }, async () => {
    const program = `
      const one = require("node:dgram").createSocket("udp4");
      one.send("up:1|g", Number(process.env.STATSD_PORT), process.env.STATSD_HOST, () => one.close());`;
    const { summary } = await recorded(SOURCE.command, ["--app-metrics", "up"], ["node", "-e", program]);
    assert.equal(metric(summary.app, "app_up").last, 1);
  });

  test("leaves variables alone that are set, and says so", CASE, async () => {
    const program = ["bash", "-c", "echo $STATSD_HOST $STATSD_PORT ${PROCTOR_METRICS_SOCKET:+private}"];
    const options = { env: { STATSD_HOST: "elsewhere" } };
    const { stdout, stderr } = await recorded(SOURCE.command, ["--app-metrics", "*"], program, options);
    assert.equal(String(stdout), "elsewhere private\n");
    assert.match(stderr, /STATSD_HOST is set already and stays as it is; .* goes to 127\.0\.0\.1:\d+/);
    const own = ["--app-metrics", "*", "--env", "STATSD_PORT=1", "--env", "PROCTOR_METRICS_SOCKET=x"];
    const print = ["bash", "-c", "echo $STATSD_HOST $STATSD_PORT $PROCTOR_METRICS_SOCKET"];
    assert.equal(String((await recorded(SOURCE.command, own, print)).stdout), "1 x\n");
  });

  test("goes on sampling, and ends, whoever floods it", { ...CASE, skip: cannotDrop }, async () => {
    // Thousands of lines in each datagram, as fast as it goes, by another user.
    const flood = `
import socket, sys, time
one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
lines = b"\\n".join(b"x%d:1|c" % index for index in range(4000))
end = time.time() + 3
while time.time() < end:
    one.sendto(lines, ("127.0.0.1", int(sys.argv[1])))
`;
    const stranger = asNobody(["/usr/bin/python3", "-c", '"$0"', '"$STATSD_PORT"']).join(" ");
    const program = ["sh", "-c", `${stranger} & sleep 2; printf ended`, flood];
    const args = ["--app-metrics", "queue*", "--interval", "100ms", "--no-adaptive", "--leftovers", "stop"];
    const { samples, summary, stdout } = await recorded(SOURCE.command, args, program);
    assert.equal(stdout.toString(), "ended");
    // Twenty where nobody else wants the processors.
    assert.ok(samples.length >= 5, `${samples.length} samples`);
    assert.ok(summary.wall_seconds < 10, `${summary.wall_seconds} s`);
    assert.deepEqual(summary.app!.metrics, []);
    assert.ok(summary.app!.unselected_line_count > 0 && summary.app!.dropped_datagram_count! > 0);
  });

  test("leaves nothing behind when it is killed", CASE, () =>
    withDirectory(async (directory) => {
      const words = [...SOURCE.command, "run", "--app-metrics", "*", "--app-otlp", "--", "sh", "-c"];
      const agent = startProgram([...words, "echo $PROCTOR_METRICS_SOCKET; exec sleep 60"], {
        env: { TMPDIR: directory },
      });
      const path = await agent.line((line) => line.startsWith("/proc/"));
      assert.ok(statSync(path).isSocket());
      agent.kill("SIGKILL");
      await agent.ended;
      assert.ok(!existsSync(path));
      // The runtime has files of its own there.
      assert.deepEqual(readdirSync(directory).filter((name) => name.startsWith("proctor-")), []);
    }));

  test("sets nothing without it", CASE, async () => {
    const program = ["bash", "-c", "echo [$STATSD_HOST$STATSD_PORT$PROCTOR_METRICS_SOCKET]"];
    const { stdout, summary } = await recorded(SOURCE.command, [], program);
    assert.equal(String(stdout), "[]\n");
    assert.equal(summary.app, undefined);
  });

  test("tells of datagrams that the kernel dropped while nobody took them", PYTHON_CASE, async () => {
    // Our stop lasts as long as the flood does.
    const program = `
import os, signal, socket
one = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
watcher = int(os.environ["PROCTOR_METRICS_SOCKET"].split("/")[2])
os.kill(watcher, signal.SIGSTOP)
for index in range(20000):
    one.sendto(b"n:1|c", (os.environ["STATSD_HOST"], int(os.environ["STATSD_PORT"])))
os.kill(watcher, signal.SIGCONT)
`;
    const { summary, stderr } = await recorded(SOURCE.command, ["--app-metrics", "*"], [
      "python3",
      "-c",
      program,
    ]);
    const { dropped_datagram_count: dropped } = summary.app!;
    assert.ok(dropped! > 0);
    assert.equal(metric(summary.app, "app_n").total! + dropped!, 20_000);
    assert.match(
      stderr,
      new RegExp(`app metrics: ${dropped} datagrams came faster than they could be taken`),
    );
  });

  test("is one column of CSV, whatever names come", CASE, () =>
    withDirectory(async (directory) => {
      const file = `${directory}/records.csv`;
      const args = [
        "run",
        "--app-metrics",
        "*",
        "--interval",
        "50ms",
        "--records",
        file,
        "--",
        "bash",
        "-c",
        BASH,
      ];
      const outcome = await runProgram([...SOURCE.command, ...args]);
      assert.equal(outcome.code, 0, outcome.stderr);
      const [header, ...rows] = readFileSync(file, "utf8").trimEnd().split("\n");
      assert.match(header, /,app$/);
      const told = rows.map((row) => /,("\{.*\}")$/.exec(row)?.[1]);
      const values = JSON.parse(told.at(-1)!.slice(1, -1).replaceAll('""', '"'));
      assert.deepEqual([values.app_queue_depth, values.app_jobs_total], [5, 6]);
    }));

  test("ends in what Prometheus gets", CASE, () =>
    withDirectory(async (directory) => {
      const file = `${directory}/run.prom`;
      const args = ["run", "--app-metrics", "*", "--prometheus-textfile", file, "--", "bash", "-c", BASH];
      const outcome = await runProgram([...SOURCE.command, ...args]);
      assert.equal(outcome.code, 0, outcome.stderr);
      const text = readFileSync(file, "utf8");
      assert.match(text, /^# TYPE proctor_app_jobs_total counter\nproctor_app_jobs_total\{.*\} 6$/m);
      assert.match(text, /^# TYPE proctor_app_queue_depth gauge\nproctor_app_queue_depth\{.*\} 5$/m);
    }));

  for (const [pattern, words] of [["", /there is none; write names/], ["é", /no name is like it/]] as const) {
    test(`refuses patterns that choose nothing: "${pattern}"`, CASE, async () => {
      const { code, stderr } = await runProgram([...SOURCE.command, "run", "--app-metrics", pattern, "true"]);
      assert.equal(code, 125, stderr);
      assert.match(stderr, words);
    });
  }
});
