/* `proctor run` on Windows, end to end. */
import assert from "node:assert/strict";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { eventually } from "../support/eventually.ts";
import {
  isHeld,
  PROCTOR,
  proctor,
  PROGRAM,
  startProctor,
  summaryIn,
  withDirectory,
} from "./support/programs.ts";

/** Longer than anything here takes: who is still there after it has been left behind. */
const LONG = "120000";

describe("run on Windows", { timeout: 600_000 }, () => {
  for (const code of [0, 1, 7, 124, 255]) {
    test(`ends with the exit code ${code} of its command`, async () => {
      const ended = await proctor(["run", "--summary", "json", "--", PROGRAM, "exit", String(code)]);
      assert.equal(ended.code, code);
      const { outcome, exit_code } = summaryIn(ended);
      assert.deepEqual({ outcome, exit_code }, { outcome: "exited", exit_code: code });
    });
  }

  for (const code of [256, 0xc0000005]) {
    test(`ends with the exit code 0x${code.toString(16)}, all 32 bits of it`, async () => {
      const inner = [PROCTOR, "run", "-q", "--", PROGRAM, "exit", String(code)];
      // What Bun tells of a child has eight bits; the proctor around it tells all.
      assert.equal(summaryIn(await proctor(["run", "--summary", "json", "--", ...inner])).exit_code, code);
    });
  }

  test("runs commands of cmd", async () => {
    const { code, stdout } = await proctor(["run", "-q", "--", "cmd", "/c", "echo hello & exit 3"]);
    assert.deepEqual([code, stdout.toString().trim()], [3, "hello"]);
  });

  test("lets input and both outputs through, byte by byte", async () => {
    const input = Buffer.from(Array.from({ length: 200_000 }, (_, index) => index * 7 % 256));
    const copied = await proctor(["run", "-q", "--", PROGRAM, "cat"], { input });
    assert.ok(copied.stdout.equals(input), `${copied.stdout.length} bytes`);
    const { stdout, stderr } = await proctor([
      "run",
      "-q",
      "--summary",
      "none",
      "--",
      PROGRAM,
      "say",
      "é",
      "no",
    ]);
    assert.equal(stdout.toString().trim(), "é");
    assert.equal(stderr.trim(), "no");
  });

  test("hands over words as they are", async () => {
    const words = ["a b", 'c"d', "e\\", 'f\\"g h\\\\', "", "é", "日本 😀", "%PATH%", "a^&|<>b", "\t"];
    const { stdout } = await proctor(["run", "-q", "--", PROGRAM, "args", ...words]);
    const lines = stdout.toString().replaceAll("\r\n", "\n").trimEnd().split("\n");
    assert.deepEqual(lines, words.map((word) => `[${word}]`));
  });

  test("sets variables, whatever the case of their names", async () => {
    const env = { Proctor_Case: "old" };
    const words = ["--env", "PROCTOR_CASE=new é", "--", PROGRAM, "env", "proctor_case"];
    const { stdout } = await proctor(["run", "-q", ...words], { env });
    assert.equal(stdout.toString().trim(), "new é");
  });

  for (const name of ["PROCTOR_MQTT_PASSWORD", "Proctor_Mqtt_Password"]) {
    test(`keeps its own secrets from the command: ${name}`, async () => {
      const args = ["run", "-q", "--", PROGRAM, "env", "PROCTOR_MQTT_PASSWORD"];
      assert.equal((await proctor(args, { env: { [name]: "secret" } })).code, 1);
    });
  }

  test("runs a batch file, in the directory it is told", async () => {
    await withDirectory(async (directory) => {
      mkdirSync(join(directory, "with blank"));
      writeFileSync(
        join(directory, "with blank", "job.cmd"),
        "@echo off\r\ncd\r\necho [%1]\r\nexit /b 9\r\n",
      );
      const { code, stdout, stderr } = await proctor([
        "run",
        "-q",
        "--cwd",
        join(directory, "with blank"),
        "--",
        ".\\job",
        "a & b",
      ]);
      assert.equal(code, 9, stderr);
      const [where, word] = stdout.toString().trim().split(/\r?\n/);
      assert.equal(where.toLowerCase(), join(directory, "with blank").toLowerCase());
      assert.equal(word, '["a & b"]');
    });
  });

  const refused:
    readonly (readonly [what: string, code: number, words: readonly string[], message: RegExp])[] = [
      ["a command that is not there", 127, ["no-such-command"], /no-such-command: command not found in PATH/],
      ["a directory", 126, ["C:\\windows"], /C:\\windows: is a directory/],
      [
        "a directory to run in that is not there",
        125,
        ["--cwd", "C:\\nowhere", "--", "cmd"],
        /cwd.*C:\\nowhere/,
      ],
      [
        "a limit that is not kept",
        125,
        ["--limit-memory", "64M", "--", "cmd"],
        /limit of memory cannot be enforced/,
      ],
      ["a peak that is not counted", 125, ["--exact-peak", "--", "cmd"], /--exact-peak cannot be had/],
    ];
  for (const [what, code, words, message] of refused) {
    test(`refuses ${what}, in one line`, async () => {
      const ended = await proctor(["run", "--summary", "none", ...words]);
      assert.match(ended.stderr, message);
      assert.equal(ended.stderr.trimEnd().split("\n").length, 1, ended.stderr);
      assert.equal(ended.code, code);
    });
  }

  test("runs a batch file as one, whatever dots and blanks its name ends with", async () => {
    await withDirectory(async (directory) => {
      writeFileSync(join(directory, "job.cmd"), "@echo off\r\nexit /b 9\r\n");
      for (const end of ["", ".", " ", ". ."]) {
        const { code, stderr } = await proctor([
          "run",
          "-q",
          "--",
          join(directory, `job.cmd${end}`),
          '" & exit 3',
        ]);
        assert.ok(code === 9 || code === 127 || code === 126, `${JSON.stringify(end)}: ${code} ${stderr}`);
      }
    });
  });

  test("refuses a file that is not a program", async () => {
    await withDirectory(async (directory) => {
      const file = join(directory, "text.exe");
      writeFileSync(file, "no program");
      const { code, stderr } = await proctor(["run", "--summary", "none", "--", file]);
      assert.match(stderr, /text\.exe: cannot be executed: /);
      assert.equal(code, 126);
    });
  });

  test("ends the whole tree when its time is up", async () => {
    await withDirectory(async (directory) => {
      const file = join(directory, "held");
      const args = ["run", "--timeout", "8s", "--summary", "json", "--", PROGRAM, "tree", file, LONG];
      const child = startProctor(args);
      const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
      await eventually(() => isHeld(file), 60_000, () => "the tree has not come up");
      assert.equal(await ended, 124);
      assert.equal(isHeld(file), false, "somebody has outlived it");
    });
  });

  test("closes a window when its time is up, and leaves to the program what it has started", async () => {
    await withDirectory(async (directory) => {
      const file = join(directory, "held");
      const args = ["run", "--timeout", "8s", "--grace", "60s", "--summary", "json", "--", PROGRAM];
      const ended = await proctor([...args, "window", file, LONG]);
      assert.equal(ended.code, 124, ended.stderr);
      const summary = summaryIn(ended);
      assert.equal(summary.exit_code, 9, "8 says that somebody else has ended its child");
      assert.equal(isHeld(file), false);
    });
  });

  test("stops what its command has left, if asked to", async () => {
    await withDirectory(async (directory) => {
      const file = join(directory, "held");
      const args = ["run", "--leftovers", "stop", "--summary", "json", "--", PROGRAM, "leave", file, LONG];
      const ended = await proctor(args);
      assert.equal(ended.code, 0, ended.stderr);
      assert.equal(isHeld(file), false);
      assert.equal(summaryIn(ended).total_process_count, 2);
    });
  });

  test("waits for what its command has left", async () => {
    await withDirectory(async (directory) => {
      const file = join(directory, "held");
      const ended = await proctor(["run", "--summary", "json", "--", PROGRAM, "leave", file, "1500"]);
      assert.equal(isHeld(file), false);
      assert.ok((summaryIn(ended).wall_seconds as number) >= 1.4);
    });
  });

  test("leaves it alone, if asked to", async () => {
    await withDirectory(async (directory) => {
      const file = join(directory, "held");
      const child = startProctor([
        "run",
        "-q",
        "--leftovers",
        "leave",
        "--",
        PROGRAM,
        "leave",
        file,
        "15000",
      ]);
      // Wine has who is left keep our outputs open: they close when that ends.
      const code = await new Promise((resolve) => child.on("exit", resolve));
      assert.equal(code, 0);
      assert.equal(isHeld(file), true, "it has been ended");
      await eventually(() => !isHeld(file), 60_000);
    });
  });

  test("takes the tree with it when it is killed", async () => {
    await withDirectory(async (directory) => {
      const file = join(directory, "held");
      const child = startProctor(["run", "-q", "--", PROGRAM, "tree", file, LONG]);
      const ended = new Promise((resolve) => child.on("close", resolve));
      await eventually(() => isHeld(file), 60_000, () => "the tree has not come up");
      child.kill("SIGKILL");
      await ended;
      await eventually(() => !isHeld(file), 60_000, () => "the tree has outlived proctor");
    });
  });

  test("tells CPU as the program itself does, within 20 ms", async () => {
    const args = ["--interval", "20ms", "--no-adaptive", "--summary", "json"];
    const ended = await proctor(["run", ...args, "--", PROGRAM, "spin", "700", "1500"]);
    const own = Number(ended.stdout.toString()) / 1e6;
    assert.ok(own >= 0.7, ended.stdout.toString());
    const { cpu_seconds, accounting } = summaryIn(ended);
    // What was used after the last look Wine does not tell.
    assert.deepEqual(accounting.cpu, {
      source: "ledger",
      quality: "lower_bound",
      note: "the system does not report what ended processes used: billed as last seen",
    });
    assert.ok(
      Math.abs(cpu_seconds as number - own) <= 0.02,
      `${cpu_seconds} s, and ${own} s by its own account`,
    );
  });

  test("tells the memory of its members, and what Windows does not count as unknown", async () => {
    await withDirectory(async (directory) => {
      const records = join(directory, "run.jsonl");
      const args = ["--interval", "100ms", "--no-adaptive", "--records", records, "--summary", "json"];
      const ended = await proctor(["run", ...args, "--", PROGRAM, "alloc", "80", "1500"]);
      const { peak_memory_bytes, disk_read_bytes, network_rx_bytes, accounting } = summaryIn(ended);
      const peakMib = peak_memory_bytes as number / 2 ** 20;
      assert.ok(peakMib > 80 && peakMib < 120, `${peakMib} MiB`);
      assert.deepEqual([disk_read_bytes, network_rx_bytes], [null, null]);
      assert.deepEqual(accounting.context_switches, { source: "none", quality: "unavailable" });
      const [start, ...others] = readFileSync(records, "utf8").trimEnd().split("\n").map((line) =>
        JSON.parse(line)
      );
      assert.equal(start.kind, "start");
      assert.deepEqual(start.containment, { mechanism: "job_object", reason: null });
      assert.match(start.environment.kernel, /^Windows /);
      const samples = others.filter(({ kind }) => kind === "sample");
      assert.ok(samples.length >= 5, `${samples.length} samples`);
      assert.ok(samples.some(({ thread_count }) => thread_count >= 1));
    });
  });

  test("repeats a command", async () => {
    const { code, stderr } = await proctor(["run", "--repeat", "3", "--", PROGRAM, "exit", "0"]);
    assert.equal(code, 0, stderr);
    assert.match(stderr, /3 runs/);
  });

  test("runs proctor itself in a job within its own", async () => {
    await withDirectory(async (directory) => {
      const file = join(directory, "held");
      const inner = [PROCTOR, "run", "-q", "--", PROGRAM, "tree", file, LONG];
      const child = startProctor(["run", "--summary", "none", "--timeout", "10s", "--", ...inner]);
      const ended = new Promise<number | null>((resolve) => child.on("close", resolve));
      await eventually(() => isHeld(file), 60_000, () => "the tree has not come up");
      assert.equal(await ended, 124);
      assert.equal(isHeld(file), false);
    });
  });

  test("doctor tells what a run would have", async () => {
    const { code, stdout } = await proctor(["doctor"]);
    assert.equal(code, 0);
    assert.match(stdout.toString(), /^containment {2}job_object$/m);
    assert.match(stdout.toString(), /^cpu +job +exact$/m);
    assert.match(stdout.toString(), /^disk +none +unavailable$/m);
    assert.match(
      stdout.toString(),
      /^CPU is exact\s+here; [^.]*I\/O[^.]*\slower\s+bounds?; [^.]*disk[^.]*\sunavailable\./m,
    );
  });
});
