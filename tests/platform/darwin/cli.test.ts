/* The program as a whole, told that it runs on macOS, with a libSystem of our own; from the sources, by Bun. */
import assert from "node:assert/strict";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { after, before, describe, test } from "node:test";
import { summaryRecordSchema } from "../../../core/schema/record.ts";
import { Running, runProgram } from "../../cli/support/proctor.ts";
import { eventually } from "../../support/eventually.ts";
import { ROOT } from "../../support/fixture.ts";
import { FakeDarwin, lives, noFake } from "./support/fake.ts";

const MAC = [
  "me uid=0",
  "number hw.tbfrequency 24000000",
  "number hw.memsize 17179869184",
  "number hw.pagesize 16384",
  "word hw.logicalcpu 10",
  "text kern.osrelease 24.4.0",
  "text kern.osproductversion 15.4",
  "text kern.hostname mac.local",
  "text kern.bootsessionuuid 5A6B0000-0000-4000-8000-000000000001",
  "vm free=1000 speculative=100 inactive=2000 purgeable=30 external=400",
  "cpu 1000 200 300 4",
  "swap 2147483648 1073741824",
  "load 2048 4096 1024 2048",
  "boot 1700000000 500000",
  "interface 1 lo0 flags=8 ibytes=2048 obytes=1024",
  "filesystem apfs /dev/disk3s1s1 / flags=0x101000 blocks=1000 bfree=400 bavail=300 id=7",
];

describe("proctor on macOS", { timeout: 300_000 }, () => {
  let fake: FakeDarwin;
  before(() => {
    if (!noFake) fake = new FakeDarwin(...MAC);
  }, { timeout: 120_000 });
  after(() => fake?.[Symbol.dispose]());

  const words = (...arguments_: readonly string[]) => [
    `${ROOT}/node_modules/bun/bin/bun.exe`,
    "--preload",
    `${ROOT}/tests/platform/darwin/support/as_darwin.ts`,
    `${ROOT}/cli.ts`,
    ...arguments_,
  ];
  const proctor = async (...arguments_: readonly string[]) => {
    const env = { ...process.env, FAKE_LIBSYSTEM: fake.library } as Record<string, string>;
    const { code, stdout, stderr } = await runProgram(words(...arguments_), { env });
    return { code, stdout: stdout.toString(), stderr };
  };

  test(
    "runs a command, passes on how it ended, and bills it",
    { skip: noFake, timeout: 120_000 },
    async () => {
      const { code, stdout, stderr } = await proctor(
        ...["run", "--quiet", "--summary", "json", "--", "sh", "-c"],
        "echo out; exit 3",
      );
      assert.equal(code, 3, stderr);
      assert.ok(stdout.startsWith("out\n"), stdout);
      const summary = summaryRecordSchema.parse(
        JSON.parse((stdout + stderr).split("\n").find((line) => /^{/.test(line))!),
      );
      assert.deepEqual([summary.outcome, summary.exit_code, summary.total_process_count], ["exited", 3, 1]);
      assert.ok(summary.cpu_seconds! > 0 && summary.peak_memory_bytes! > 0);
      assert.deepEqual(summary.accounting.cpu, { source: "ledger", quality: "exact" });
      assert.equal(summary.io_read_bytes, null);
    },
  );

  test(
    "signals have the numbers of macOS, commands that are missing the codes of a shell",
    { skip: noFake, timeout: 120_000 },
    async () => {
      assert.equal((await proctor("run", "-q", "--", "sh", "-c", "kill -USR1 $$")).code, 128 + 30);
      const missing = await proctor("run", "--", "no-such-command");
      assert.deepEqual([missing.code, missing.stderr], [
        127,
        "proctor: no-such-command: command not found in PATH\n",
      ]);
    },
  );

  test("a run that is over leaves nobody behind", { skip: noFake, timeout: 120_000 }, async () => {
    const file = join(fake.directory, "left");
    const line = `setsid sleep 1000 & echo $! >${file}; sleep 1000`;
    const { code } = await proctor("run", "-q", "--timeout", "1s", "--", "sh", "-c", line);
    assert.equal(code, 124);
    const pid = Number(readFileSync(file, "utf8"));
    assert.ok(pid > 0 && !lives(pid));
  });

  test("limits are refused before anything starts", { skip: noFake, timeout: 120_000 }, async () => {
    const { code, stdout, stderr } = await proctor("run", "--limit-memory", "1G", "--", "echo", "started");
    assert.deepEqual([code, stdout], [125, ""]);
    assert.match(stderr, /^proctor: .*limits cannot be enforced: macOS has nothing that holds a tree/);
  });

  test("doctor says in a sentence what a run is worth", { skip: noFake, timeout: 120_000 }, async () => {
    const { code, stdout } = await proctor("doctor", "--json");
    assert.equal(code, 0);
    const { containment, sentence, environment, findings } = JSON.parse(stdout);
    assert.deepEqual([containment.mechanism, environment.kernel], ["process_group", "Darwin 24.4.0"]);
    assert.match(
      sentence,
      /^.* are sampled; .*CPU.* are lower bounds; I\/O and network are unavailable\.$/,
    );
    for (const { ok, advice } of findings) assert.ok(ok || advice);
  });

  test("host tells of the machine", { skip: noFake, timeout: 120_000 }, async () => {
    const { code, stdout } = await proctor("host");
    assert.equal(code, 0);
    assert.match(stdout, /^mac\.local: macOS 24\.4\.0, .*10 CPUs/);
    assert.match(stdout, /disk \/ +66\.7%/);
  });

  test("supervises, and answers by its socket", { skip: noFake, timeout: 120_000 }, async () => {
    const state = join(fake.directory, "state");
    const config = join(fake.directory, "supervise.yaml");
    const control = 'control: { executable: sh, arguments: ["-c", "echo up; sleep 1000"] }';
    writeFileSync(config, `managed_processes:\n  - id: web\n    management:\n      ${control}\n`);
    const supervisor = new Running(words("supervise", "--state-dir", state, "--config", config), {
      env: { FAKE_LIBSYSTEM: fake.library },
    });
    try {
      const row = await eventually(async () => {
        const { stdout } = await proctor("ctl", "--state-dir", state, "status");
        return /^web +running +(\d+)/m.exec(stdout) ?? undefined;
      }, 60_000);
      const pid = Number(row[1]);
      await eventually(async () =>
        (await proctor("ctl", "--state-dir", state, "logs", "web")).stdout.includes("up")
      );
      process.kill(supervisor.pid, "SIGTERM");
      const { code, signal, stderr } = await supervisor.ended;
      assert.deepEqual([code, signal], [0, null], stderr);
      assert.ok(!lives(pid));
    } finally {
      if (lives(supervisor.pid)) process.kill(supervisor.pid, "SIGKILL");
    }
  });
});
