import assert from "node:assert/strict";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { describe, test } from "node:test";
import { withDirectory } from "../support/directory.ts";
import { proctor, start } from "../support/proctor.ts";
import { until } from "../support/traces.ts";

const read = (file: string) => readFileSync(file, "utf8");
const lines = (file: string) => read(file).trimEnd().split("\n");
const QUIET = ["--quiet", "--summary", "none"];

describe("run with several commands", () => {
  test("compares them, and exports every run", { timeout: 120_000 }, async () => {
    await withDirectory(async (directory) => {
      const files = ["json", "csv", "markdown", "asciidoc"].map((format) => `${directory}/results.${format}`);
      const commands = ["--command", "sleep 0.02", "--command", "sleep 0.3", "--command-name", "short"];
      const exports = files.flatMap((file) => [`--export-${file.split(".").at(-1)}`, file]);
      const run = ["run", "--repeat", "3", ...commands, ...exports];
      const { code, stderr, stdout } = await proctor(run);
      assert.equal(code, 0, stderr);
      assert.equal(stdout.toString(), "");
      const ratio = /^short ran\n {2}([\d.]+) ± [\d.]+ times faster than sleep 0\.3$/m.exec(stderr);
      assert.ok(Number(ratio?.[1]) > 1.5, stderr);
      assert.match(stderr, /^short {2}3 runs of sleep 0\.02$/m);
      const { results } = JSON.parse(read(files[0]));
      assert.deepEqual(results.map(({ command }: { command: string }) => command), ["short", "sleep 0.3"]);
      for (const { times, runs, metrics, exit_codes } of results) {
        assert.deepEqual([times.length, runs.length, exit_codes], [3, 3, [0, 0, 0]]);
        assert.deepEqual(runs.map((one: { wall_seconds: number }) => one.wall_seconds), times);
        assert.ok(metrics.cpu_seconds.mean > 0 && metrics.peak_memory_bytes.mean > 0);
      }
      assert.deepEqual(lines(files[1]).map((row) => row.split(",")[0]), ["command", "short", "sleep 0.3"]);
      assert.match(lines(files[2])[3], /^\| sleep 0\.3 \| .* \| [\d.]+ ± [\d.]+ \|$/);
      // Files of proctor's own are replaced, those of others are not.
      assert.equal((await proctor([...run, ...QUIET])).code, 0);
      for (const file of files) writeFileSync(file, "mine\n");
      const refused = await proctor(run);
      assert.equal(refused.code, 125);
      assert.match(
        refused.stderr,
        /^proctor: --export-json: .+results\.json is there and is not results as JSON/,
      );
      assert.deepEqual(files.map(read), files.map(() => "mine\n"));
    });
  });

  test("each gets every value of the parameters, as one word", { timeout: 120_000 }, async () => {
    await withDirectory(async (directory) => {
      const log = `${directory}/log`;
      const script = 'printf "%s|" "$@" >> "$0"; echo >> "$0"';
      const parameters = ["--parameter-list", "text", "a b,$HOME", "--parameter-scan", "n", "1", "2"];
      const words = ["--", "sh", "-c", script, log, "{text}", "x{n}"];
      const { code, stderr } = await proctor(["run", "--repeat", "2", ...QUIET, ...parameters, ...words]);
      assert.equal(code, 0, stderr);
      const wanted = ["$HOME|x1|", "$HOME|x2|", "a b|x1|", "a b|x2|"];
      assert.deepEqual(lines(log).toSorted(), wanted.flatMap((line) => [line, line]));
    });
  });

  test("repeats until the time is up", { timeout: 120_000 }, async () => {
    await withDirectory(async (directory) => {
      const [file, wanted] = [`${directory}/r.json`, 0.5];
      const options = ["--repeat", "2", "--min-time", `${wanted}s`, "--export-json", file, ...QUIET];
      assert.equal((await proctor(["run", ...options, "--", "sleep", "0.1"])).code, 0);
      const [{ times }] = JSON.parse(read(file)).results;
      const sum = (list: number[]) => list.reduce((total, time) => total + time, 0);
      assert.ok(sum(times) >= wanted, `${times}`);
      assert.ok(times.length === 2 || sum(times.slice(0, -1)) < wanted, "one run more than it takes");
    });
  });
});

describe("what is run beside the commands", () => {
  const noting = (log: string, word: string) => `sh -c 'echo "$1" >> "$0"' '${log}' ${word}`;
  const HELPERS = ["setup", "prepare", "cleanup"];

  test("has its turn, and is in no figure", { timeout: 120_000 }, async () => {
    await withDirectory(async (directory) => {
      const [log, file, records] = [`${directory}/log`, `${directory}/r.json`, `${directory}/r.jsonl`];
      const helpers = HELPERS.flatMap((name) => [`--${name}`, noting(log, `${name}-{n}`)]);
      helpers[3] =
        `sh -c 'i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done; echo "$1" >> "$0"' '${log}' prepare-{n}`;
      const run = ["--repeat", "2", "--warmup", "1", "--parameter-list", "n", "a,b", "--export-json", file];
      const { code, stderr } = await proctor(
        [
          "run",
          ...run,
          ...helpers,
          "--records",
          records,
          ...QUIET,
          "--",
          "sh",
          "-c",
          'echo run-$1 >> "$0"',
          log,
          "{n}",
        ],
      );
      assert.equal(code, 0, stderr);
      const course = (n: string) => {
        const one = [`prepare-${n}`, `run-${n}`];
        return [`setup-${n}`, ...one, ...one, ...one, `cleanup-${n}`];
      };
      assert.deepEqual(lines(log), [...course("a"), ...course("b")], "in turn, since there is a setup");
      for (const { metrics } of JSON.parse(read(file)).results) {
        assert.ok(metrics.cpu_seconds.max < 0.05, "counting to 100,000 takes longer, and is not counted");
      }
      assert.equal(lines(records).filter((line) => line.startsWith('{"kind":"start"')).length, 4);
    });
  });

  test("ends the series when it fails, in one line, after cleaning up", { timeout: 120_000 }, async () => {
    await withDirectory(async (directory) => {
      const log = `${directory}/log`;
      const clean = ["--cleanup", noting(log, "cleaned")];
      for (
        const [options, line] of [
          [
            ["--setup", "sh -c 'exit 3'"],
            /^proctor: --setup sh -c exit 3 ended with exit code 3; the series stops\n$/,
          ],
          [["--prepare", "/no/such"], /^proctor: --prepare \/no\/such: [^\n]+; the series stops\n$/],
        ] as const
      ) {
        writeFileSync(log, "");
        const { code, stderr } = await proctor(
          ["run", "--repeat", "2", ...options, ...clean, ...QUIET, "--", "sh", "-c", 'echo ran >> "$0"', log],
        );
        assert.equal(code, 125);
        assert.match(stderr, line);
        assert.deepEqual(lines(log), ["cleaned"]);
      }
      const failed = await proctor(["run", "--repeat", "2", "--cleanup", "false", ...QUIET, "--", "true"]);
      assert.equal(failed.code, 125);
      assert.equal(failed.stderr, "proctor: --cleanup false ended with exit code 1\n");
    });
  });

  test(
    "Ctrl-C keeps what was measured, cleans up, and leaves nothing behind",
    { timeout: 120_000 },
    async () => {
      await withDirectory(async (directory) => {
        const [log, file] = [`${directory}/log`, `${directory}/r.json`];
        const script = 'echo $$ >> "$0"; [ $(wc -l < "$0") -lt 2 ] || exec sleep 60';
        const running = start(
          ["run", "--repeat", "9", "--export-json", file, "--cleanup", noting(log, "cleaned"), "--"].concat(
            ["sh", "-c", script, log],
          ),
        );
        await until(() => existsSync(log) && lines(log).length === 2, "the second run");
        running.kill("SIGINT");
        const { code, stderr } = await running.ended;
        assert.equal(code, 130, stderr);
        assert.match(stderr, /^proctor: SIGINT: the series stops after 1 of 9 runs$/m);
        assert.match(stderr, /^proctor {2}1 run of sh/m);
        const [, second, last] = lines(log);
        assert.equal(last, "cleaned");
        assert.throws(() => process.kill(Number(second), 0), "its process is gone");
        assert.equal(JSON.parse(read(file)).results[0].times.length, 1);
      });
    },
  );
});

test("what cannot be meant is refused in one line", async () => {
  for (
    const [args, message] of [
      [["--command", "true", "--", "false"], /--command: a command stands behind the options, too/],
      [["--command", "true | false"], /--command: "\|" is for a shell to do/],
      [["--prepare", "sync", "--", "true"], /--prepare: it goes with --repeat/],
      [
        ["--repeat", "2", "--parameter-list", "n", "1,2", "--", "true"],
        /parameter n: no command has \{n\} in it/,
      ],
      [
        ["--repeat", "2", "--parameter-scan", "n", "1", "x", "--", "true"],
        /--parameter-scan: "n=1\.\.x": write NAME=/,
      ],
      [["--repeat", "2", "--export-json", "-", "--", "true"], /--export-json: write it to a file/],
      [[], /there is no command; write it behind the options/],
    ] as const
  ) {
    const { code, stderr } = await proctor(["run", ...args]);
    assert.equal(code, 125, args.join(" "));
    assert.match(stderr, /^proctor: [^\n]+\n$/);
    assert.match(stderr, message);
  }
});
