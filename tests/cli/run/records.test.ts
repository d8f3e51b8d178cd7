import assert from "node:assert/strict";
import { appendFileSync, readdirSync, readFileSync, statSync } from "node:fs";
import { describe, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { fixture } from "../../support/fixture.ts";
import { withDirectory } from "../support/directory.ts";
import { proctor, shell } from "../support/proctor.ts";
import { parseStream, recorded } from "../support/records.ts";

describe("--records", () => {
  test("FILE is made anew", async () => {
    await withDirectory(async (directory) => {
      const file = `${directory}/old.jsonl`;
      await proctor(["run", "--quiet", "--records", file, "--", "sleep", "0.1"]);
      appendFileSync(file, "x".repeat(100_000));
      await proctor(["run", "--quiet", "--records", file, "--", "sleep", "0.1"]);
      assert.equal(parseStream(readFileSync(file, "utf8")).start.kind, "start");
      assert.ok(statSync(file).size < 100_000);
    });
  });

  test("FILE begins anew with --records-max-size, whole lines in each", { timeout: 120_000 }, async () => {
    await withDirectory(async (directory) => {
      const file = `${directory}/run.jsonl`;
      const rotation = [
        "--records",
        file,
        "--records-max-size",
        "4K",
        "--records-keep",
        "99",
        "--records-gzip",
      ];
      const pace = ["--interval", "10ms", "--no-adaptive", "--budget", "100"];
      const { stderr } = await proctor(["run", "--quiet", ...rotation, ...pace, "--", "sleep", "3"]);
      assert.equal(stderr, "");
      const old = readdirSync(directory).filter((name) => name !== "run.jsonl");
      assert.ok(old.length >= 2 && old.every((name) => /^run\.jsonl\.\d+\.gz$/.test(name)), old.join());
      const text = old.map((name) => Number(name.split(".")[2])).toSorted((a, b) => b - a)
        .map((number) => gunzipSync(readFileSync(`${file}.${number}.gz`)).toString());
      for (const each of text) assert.ok(each.endsWith("\n") && each.length <= 4_096, `${each.length} bytes`);
      parseStream(text.join("") + readFileSync(file, "utf8"));
    });
  });

  test("FILE is seen from our directory, not from --cwd", async () => {
    await withDirectory(async (directory) => {
      const args = ["run", "--quiet", "--records", "here.jsonl", "--summary-file", "here.json", "--cwd", "/"];
      const { stderr } = await proctor([...args, "--", "sleep", "0.05"], { cwd: directory });
      assert.equal(stderr, "");
      assert.equal(parseStream(readFileSync(`${directory}/here.jsonl`, "utf8")).summary.exit_code, 0);
      assert.ok(statSync(`${directory}/here.json`).size > 0);
    });
  });

  test("- has standard output to itself; the command's goes to standard error", async () => {
    const { stdout, stderr } = await proctor([
      "run",
      "--quiet",
      "--records",
      "-",
      "--",
      fixture("print_lines"),
      "3",
    ]);
    parseStream(stdout.toString());
    assert.deepEqual(
      stderr.trim().split("\n").sort(),
      ["stderr 1", "stderr 2", "stderr 3", "stdout 1", "stdout 2", "stdout 3"],
    );
  });

  test("- shows a sample while the command runs", { timeout: 120_000 }, async () => {
    const script =
      `$PROCTOR run --quiet --records - --interval 50ms -- sh -c 'while [ ! -e done ]; do sleep 0.02; done' |
      while read -r line; do case $line in *'"kind":"sample"'*) touch done ;; esac; done; [ -e done ]`;
    await withDirectory(async (directory) => {
      assert.equal((await shell(script, { cwd: directory })).code, 0);
    });
  });

  test("fd:N goes to a descriptor of ours", async () => {
    await withDirectory(async (directory) => {
      const script = `$PROCTOR run --quiet --records fd:9 -- echo out 9>records`;
      const { stdout } = await shell(script, { cwd: directory });
      assert.equal(stdout.toString(), "out\n");
      parseStream(readFileSync(`${directory}/records`, "utf8"));
    });
  });

  test("fd:1 is the same as -", async () => {
    const { stdout, stderr } = await proctor(["run", "--quiet", "--records", "fd:1", "--", "echo", "out"]);
    parseStream(stdout.toString());
    assert.equal(stderr, "out\n");
  });

  test("fd:2 and a summary on standard error do not mix within a line", async () => {
    const { stderr } = await proctor(["run", "--summary", "json", "--records", "fd:2", "--", "sleep", "0.1"]);
    const lines = stderr.trim().split("\n").map((line) => JSON.parse(line));
    assert.equal(lines.at(-1).kind, "summary");
  });

  test("a FIFO works", { timeout: 120_000 }, async () => {
    await withDirectory(async (directory) => {
      const script = `mkfifo fifo; cat fifo >copy & $PROCTOR run --quiet --records fifo -- sleep 0.1; wait`;
      await shell(script, { cwd: directory });
      parseStream(readFileSync(`${directory}/copy`, "utf8"));
    });
  });

  test("a large stream is whole", { timeout: 120_000 }, async () => {
    const { samples } = await recorded(
      ["--per-process", "--interval", "10ms", "--no-adaptive", "--budget", "100"],
      [fixture("many_processes"), "100", "4"],
    );
    assert.ok(samples.some(({ processes }) => processes!.length >= 100));
    assert.ok(samples.length >= 20, `${samples.length} samples`);
  });
});

describe("every stream of records is in order", () => {
  const commands: [title: string, options: string[], command: string[], outcome: string][] = [
    ["a command that ends at once", [], ["true"], "exited"],
    ["an exit code", [], ["sh", "-c", "exit 3"], "exited"],
    ["a signal", [], ["sh", "-c", "kill -9 $$"], "signaled"],
    ["a timeout", ["--timeout", "100ms"], ["sleep", "60"], "timed_out"],
    ["no such command", [], ["no-such-command-of-proctor"], "failed_to_start"],
    ["no executable", [], ["/etc/passwd"], "failed_to_start"],
    ["no such directory", ["--cwd", "/no/such"], ["true"], "failed_to_start"],
    ["an empty command", [], [""], "failed_to_start"],
    ["children that end at once", [], ["sh", "-c", "for i in 1 2 3 4 5; do /bin/true; done"], "exited"],
    ["orphans that end at once", [], ["sh", "-c", "for i in 1 2 3 4 5; do (/bin/true &) ; done"], "exited"],
  ];
  for (const [title, options, command, outcome] of commands) {
    test(`after ${title}`, { timeout: 120_000 }, async () => {
      for (let round = 0; round < 8; round++) {
        const { summary, start, processes } = await recorded(options, command);
        assert.equal(summary.outcome, outcome);
        assert.deepEqual(start.command, command);
        if (outcome === "failed_to_start") {
          assert.equal(start.pid, null);
          assert.equal(summary.total_process_count, 0);
          assert.match(summary.error!, /\S/);
        } else {
          assert.equal(
            processes.filter(({ pid }) => pid === start.pid).length,
            1,
            "the record of the command itself",
          );
          assert.ok(summary.peak_process_count >= 1, "a process that has lived was there");
          assert.ok(summary.total_process_count >= 1);
        }
      }
    });
  }

  test("a figure that nobody has seen is null, not 0", { timeout: 120_000 }, async () => {
    for (let round = 0; round < 10; round++) {
      const { summary } = await recorded([], ["true"]);
      assert.ok(summary.peak_memory_bytes !== 0, "a process cannot have had no memory");
      assert.ok(summary.peak_thread_count !== 0, "a process cannot have had no thread");
    }
  });
});

describe("the process records", () => {
  test("tell how each child ended and what it used", { timeout: 120_000 }, async () => {
    const { processes, stdout, start } = await recorded(["--interval", "20ms"], [
      fixture("storm"),
      "3",
      "0.1",
    ]);
    const { children, self } = JSON.parse(stdout.toString().trim());
    const own = processes.find(({ pid }) => pid === start.pid)!;
    assert.equal(own.exit_code, 0);
    assert.equal(own.quality, "exact");
    assert.ok(
      Math.abs(own.cpu_seconds! - self.cpu_seconds) < 0.02,
      `${own.cpu_seconds}, ${self.cpu_seconds}`,
    );
    const others = processes.filter(({ pid }) => pid !== start.pid);
    assert.equal(others.length, 3);
    const sum = others.reduce((total, { cpu_seconds }) => total + cpu_seconds!, 0);
    // What was last seen of each: how much that is depends on how busy the machine is.
    assert.ok(sum <= children.cpu_seconds + 0.01 && sum > 0, `${sum}`);
  });

  test("tell the signal that ended an orphan", { timeout: 120_000 }, async () => {
    const script = `(sh -c 'sleep 0.2; kill -KILL $$' &)`;
    const { processes } = await recorded([], ["sh", "-c", script]);
    assert.ok(processes.some(({ signal }) => signal === "SIGKILL"), JSON.stringify(processes));
  });
});
