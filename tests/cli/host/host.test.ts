import assert from "node:assert/strict";
import { describe, test } from "node:test";
import * as schemas from "../../../core/schema/host_schema.ts";
import { BINARY, proctor, runProgram, shell, start } from "../support/proctor.ts";
import { SOURCE } from "../support/runtimes.ts";
import { noTerminals, onTerminal } from "../support/terminal.ts";
import { noTmux, Tmux } from "../support/tmux.ts";

const PARTS = {
  cpu: schemas.cpuUsageSchema,
  memory: schemas.memoryInfoSchema,
  disk: schemas.diskUsageSchema,
  network: schemas.networkStatsSchema,
  load: schemas.loadAverageSchema,
  uptime: schemas.uptimeSchema,
  processes: schemas.processStatsSchema,
  system: schemas.systemInfoSchema,
  pressure: schemas.pressureSchema,
};

describe("proctor host --json", () => {
  for (const [title, command] of [["the binary", [BINARY]], [SOURCE.title, SOURCE.command]] as const) {
    test(`gives what the method gives, by ${title}`, { timeout: 120_000 }, async () => {
      const read = async (...args: string[]) => {
        const { code, stdout, stderr } = await runProgram([...command, "host", ...args, "--json"]);
        assert.equal(code, 0);
        assert.equal(stderr, "");
        return JSON.parse(stdout.toString());
      };
      for (const [part, schema] of Object.entries(PARTS)) schema.parse(await read(part));
      const metrics = schemas.sysMetricsSchema.parse(await read());
      assert.ok(!("message_stats" in metrics), "no service, no messages");
    });
  }

  test("is an object a line when watching, and new ones", { timeout: 120_000 }, async () => {
    const watching = start(["host", "uptime", "--json", "--watch", "50ms"]);
    let last = 0;
    for (let count = 0; count < 3; count++) {
      const line = await watching.line((line) => JSON.parse(line).uptime > last);
      last = schemas.uptimeSchema.parse(JSON.parse(line)).uptime;
    }
    watching.kill("SIGINT");
    const { code, stdout } = await watching.ended;
    assert.equal(code, 0);
    for (const line of stdout.toString().trim().split("\n")) schemas.uptimeSchema.parse(JSON.parse(line));
  });

  test("ends when its reader goes", { timeout: 120_000 }, async () => {
    const { stdout } = await shell('"$PROCTOR" host load --json --watch 20ms | head -n 2');
    assert.equal(stdout.toString().split("\n").length, 3);
  });
});

describe("proctor host", () => {
  test("shows every part as an aligned table without codes", { timeout: 120_000 }, async () => {
    const words: Record<keyof typeof PARTS, string[]> = {
      cpu: ["usage", "MODE", "iowait", "guest_nice"],
      memory: ["TOTAL", "AVAILABLE", "swap", "buffers", "cached"],
      disk: ["MOUNT", "TYPE", "USED %", "/"],
      network: ["INTERFACE", "RECEIVED", "lo", "total"],
      load: ["1 min", "15 min", "TASKS"],
      uptime: ["up", "idle"],
      processes: ["RUNNING", "ZOMBIE", "BLOCKED"],
      system: ["hostname", "kernel", "boot_time", "container"],
      pressure: ["RESOURCE", "some", "full", "io"],
    };
    for (const [part, expected] of Object.entries(words)) {
      const { code, stdout, stderr } = await proctor(["host", part]);
      const text = stdout.toString();
      assert.equal(code, 0, stderr);
      assert.equal(stderr, "");
      for (const word of expected) assert.ok(text.includes(word), `${part} does not say ${word}:\n${text}`);
      assert.ok(text.split("\n").every((line) => line === line.trimEnd()), "spaces at the end of a line");
      assert.ok(
        !text.includes("\x1b") && !text.includes("█") && !text.includes("NaN") && !text.includes("undefined"),
      );
    }
  });

  test("shows all at a glance, on one screen", { timeout: 120_000 }, async () => {
    const text = (await proctor(["host"])).stdout.toString();
    for (const word of ["cpu", "memory", "swap", "disk /", "network", "load", "CPUs, up"]) {
      assert.ok(text.includes(word), `it does not say ${word}:\n${text}`);
    }
    assert.ok(text.split("\n").length <= 24);
    const { stdout } = await proctor(["host"], { env: { PROCTOR_AGENT_ID: "line 7" } });
    assert.match(stdout.toString(), /^agent line 7$/m);
  });

  test("fits on a terminal of 80 columns", { skip: noTmux, timeout: 120_000 }, async () => {
    using tmux = new Tmux();
    tmux.enter(`"${BINARY}" host | cat; "${BINARY}" host`);
    const screen = await tmux.shows((screen) =>
      screen.filter((line) => /since boot$/.test(line)).length === 2
    );
    const [first, second] = screen.flatMap((line, index) => /^network /.test(line) ? [index] : []);
    assert.ok(second - first <= 10 && screen[second].startsWith("network  "), screen.join("\n"));
    assert.match(screen.join("\n"), /^\S+: Linux \S+, \S+, \d+ CPUs, up [^\n;]+$/m);
  });

  test("watching a file gets one table after another", { timeout: 120_000 }, async () => {
    const { stdout } = await shell('"$PROCTOR" host load --watch 30ms | head -n 8');
    const lines = stdout.toString().split("\n");
    assert.match(lines[0], /1 min/);
    assert.equal(lines[2], "");
    assert.match(lines[3], /1 min/);
  });

  test(
    "has bars on a terminal, redraws in place, and ends on Ctrl-C",
    { skip: noTerminals, timeout: 120_000 },
    async () => {
      const { transcript, exit_code } = await onTerminal([BINARY, "host", "memory", "--watch", "100ms"], [
        ["expect", "░"],
        ["expect", "\x1b[5A"],
        ["expect", "AVAILABLE"],
        ["type", "\x03"],
      ]);
      assert.equal(exit_code, 0);
      assert.match(transcript, /memory .*[░█]/);
      const dumb = await onTerminal([BINARY, "host", "memory"], [["expect", "cached"]], {
        env: { TERM: "dumb" },
      });
      for (const code of ["░", "█", "\x1b"]) assert.ok(!dumb.transcript.includes(code));
    },
  );
});
