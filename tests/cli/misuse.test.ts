import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { test } from "node:test";
import { withDirectory } from "./support/directory.ts";
import { proctor } from "./support/proctor.ts";

/** Each with a word that the one line must have. */
const MISUSES: readonly (readonly [args: readonly string[], said: string])[] = [
  [["run"], "command"],
  [["run", "--"], "command"],
  [["bogus"], "bogus"],
  [["toString"], 'there is no verb "toString"'],
  [["rum", "true"], "Did you mean run?"],
  [["--bogus"], "--bogus"],
  [["run", "--bogus", "true"], "--bogus"],
  [["run", "--tmeout", "3s", "true"], "Did you mean --timeout?"],
  [["run", "--interval"], "--interval"],
  [["run", "--interval", "5x", "true"], '"5x" is not a duration'],
  [["run", "--interval", "0", "true"], "250ms"],
  [["run", "--interval", "0s", "true"], "250ms"],
  [["run", "--interval", "-1s", "true"], "250ms"],
  [["run", "--interval", "1 s", "true"], "250ms"],
  [["run", "--interval", "1d", "true"], "250ms"],
  [["run", "--interval", "", "true"], "250ms"],
  [["run", "--interval", "1e3ms", "true"], "250ms"],
  [["run", "--interval", "99999h", "true"], "longest"],
  [["run", "--max-interval", "5x", "true"], '"5x" is not a duration'],
  [
    ["run", "--interval", "1s", "--max-interval", "500ms", "true"],
    'max-interval: "500ms" is below the interval, "1s"; write "1s" or more',
  ],
  [["run", "--profile", "disabled", "--interval", "1s", "true"], "disabled"],
  [["run", "--budget", "0", "true"], "percentage"],
  [["run", "--budget", "-1", "true"], "percentage"],
  [["run", "--budget", "101", "true"], "percentage"],
  [["run", "--budget", "much", "true"], "percentage"],
  [["run", "--metrics", "", "true"], "empty"],
  [["run", "--metrics", ",", "true"], "empty"],
  [["run", "--metrics", "cpu,bogus", "true"], "bogus"],
  [["run", "--records", "fd:x", "true"], "fd:3"],
  [["run", "--records", "fd:-1", "true"], "fd:3"],
  [["run", "--records", "fd:", "true"], "fd:3"],
  [["run", "--records", "handle:x", "true"], "handle:N"],
  [["run", "--records", "handle:0", "true"], "handle:N"],
  [["run", "--records", "handle:4294967296", "true"], "handle:N"],
  [["run", "--records", "handle:8", "true"], "handle:8: there are handles on Windows only; write fd:N"],
  [["attach", "1", "--owner", "handle:8"], "handle:8: there are handles on Windows only; write fd:N"],
  [["run", "--stdio", "0,1,handle:8", "true"], "handle:8: there are handles on Windows only; write fd:N"],
  [["run", "--stdio", "0,1,2,3", "true"], "0,1,5"],
  [["run", "--stdio", "0,1,fd:2", "true"], "0,1,5"],
  [["run", "--format", "xml", "true"], "jsonl"],
  [["run", "--summary", "yaml", "true"], '--summary: "yaml" is none of text, json, none\n'],
  [["run", "--leftovers", "eat", "true"], "wait"],
  [["run", "--limit-memory", "512", "true"], '"512M" or "512B"'],
  [["run", "--limit-memory", "0M", "true"], "positive"],
  [["run", "--limit-memory", "much", "true"], "1.5G"],
  [["run", "--limit-cpu", "0", "true"], "cores"],
  [["run", "--limit-cpu", "50%", "true"], "cores"],
  [["run", "--limit-processes", "1.5", "true"], "whole number"],
  [["run", "--limit-processes", "0", "true"], "whole number"],
  [["run", "--owner", "3", "true"], "fd:3"],
  [["run", "--stdio", "0,1", "true"], "0,1,5"],
  [["run", "--stdio", "0,1,x", "true"], "0,1,5"],
  [["attach", "1", "--owner", "fd:99"], "not an open pipe"],
  [["reap-group", "HOME=/root"], "not a mark of a group"],
  [["reap-group", ""], "not a mark of a group"],
  [["run", "--timeout", "5x", "true"], '"5x" is not a duration'],
  [["run", "--timeout", "0s", "true"], "positive"],
  [["run", "--grace", "-2s", "true"], "positive"],
  [["run", "--env", "NOTHING", "true"], "NAME=value"],
  [["run", "--env", "=VALUE", "true"], "NAME=value"],
  [["run", "--profile", "nope", "true"], "long_running_daemon"],
  [["run", "--profile", "./no/such/profile.json", "true"], "./no/such/profile.json"],
  [["attach"], "pid"],
  [["attach", "abc"], 'there is no process called "abc"'],
  [["attach", "/no/such.pid"], "there is no PID file /no/such.pid"],
  [["attach", "12ab"], "4711"],
  [["attach", "0"], "4711"],
  [["attach", "-5"], "-5"],
  [["attach", "1", "2"], "2"],
  [["attach", "999999999"], "999999999"],
  [["attach", "1", "--duration", "5x"], '"5x" is not a duration'],
  [["attach", "1", "--timeout", "5s"], "--timeout"],
  [["host", "cpuu"], '"cpuu" is none of cpu, memory, disk'],
  [["host", "cpuu"], 'did you mean "cpu"?\n'],
  [["host", "cpu", "more"], "more"],
  [["host", "--watch", "5x"], '"5x" is not a duration'],
  [["host", "--watch", "1ms"], "from 10 to"],
  [["host", "--watch"], "--watch"],
  [["sysmon", "more"], "more"],
  [["sysmon", "--cache", "5x"], '"5x" is not a duration'],
  [["sysmon", "--cache", "soon"], "--cache"],
  [["sysmon", "--config", "./no/such.json"], "./no/such.json"],
  [["sysmon", "--config", "/dev/null"], "it is a device"],
  [["sysmon", "--listen", "/run/sysmon.sock"], "unix:/run/sysmon.sock"],
  [["sysmon", "--listen", "unix:"], "unix:/run/sysmon.sock"],
  [["sysmon", "--listen", "unix:/no/such/directory/s"], "directory"],
  [["profiles", "nope"], "long_running_daemon"],
  [["profiles", "standard", "more"], "more"],
  [["doctor", "more"], "more"],
  [["schema", "more"], "more"],
  [["completion"], "shell"],
  [["completion", "tcsh"], '"tcsh" is none of bash, zsh, fish, powershell\n'],
];

test("every misuse is 125, one clear line on standard error, and nothing on standard output", {
  timeout: 120_000,
}, async () => {
  const wrong: string[] = [];
  for (const [args, said] of MISUSES) {
    const { code, stdout, stderr } = await proctor(args);
    const fine = code === 125 && stdout.length === 0 && /^proctor: [^\n]+\n$/.test(stderr) &&
      stderr.includes(said);
    if (!fine) wrong.push(`${args.join(" ")}: ${code}, ${stdout}, ${stderr}`);
  }
  assert.deepEqual(wrong, []);
});

test("a misused run does not start the command", async () => {
  await withDirectory(async (directory) => {
    for (
      const option of [["--interval", "5x"], ["--metrics", "bogus"], ["--profile", "nope"], ["--env", "x"]]
    ) {
      await proctor(["run", ...option, "--", "touch", `${directory}/started`]);
    }
    const { stdout } = await proctor(["run", "--quiet", "--", "ls", directory]);
    assert.equal(stdout.toString(), "");
  });
});

test("the message for a profile that cannot be read says why", async () => {
  const { stderr } = await proctor(["run", "--profile", "./nope.json", "true"]);
  assert.match(stderr, /no such file/);
});

test("a faulty profile that is written out is refused with the path of the key", async () => {
  for (
    const [text, said] of [
      ['{"intervall": "5s"}', "profile: intervall: no such key"],
      ["{", "profile: what is written out is not JSON: "],
    ]
  ) {
    const { code, stderr } = await proctor(["run", "--profile", text, "true"]);
    assert.equal(code, 125);
    assert.ok(stderr.startsWith(`proctor: ${said}`) && stderr.split("\n").length === 2, stderr);
  }
});

test("a faulty profile file is refused with the path of the key", async () => {
  await withDirectory(async (directory) => {
    const file = `${directory}/profile.json`;
    const refused = async (text: string, ...said: string[]) => {
      writeFileSync(file, text);
      const { code, stdout, stderr } = await proctor(["run", "--profile", file, "true"]);
      assert.equal(code, 125, `${text} was taken: ${stderr}`);
      assert.equal(stdout.length, 0);
      assert.match(stderr, /^proctor: [^\n]+\n$/);
      for (const part of [file, ...said]) assert.ok(stderr.includes(part), `${stderr} does not say ${part}`);
    };
    await refused('{"intervall": "5s"}', "intervall");
    await refused('{"collect_cpu": "yes"}', "collect_cpu");
    await refused('{"monitoring_profile": {"history_size": -1}}', "history_size");
    await refused('{"interval": 1000}', "interval");
    await refused('{"interval": 999999}', "interval");
    await refused('{"interval": 1.5}', "interval");
    await refused('{"interval": 0}', "interval");
    await refused('{"interval": "5"}', "interval");
    await refused('{"interval_ms": 500, "adaptive": true, "max_interval_ms": 100}', "max_interval");
    await refused('{"interval": "1s", "interval_ms": 1000}', "interval");
    await refused("[]", "is not a mapping");
    await refused("null", "is not a mapping");
    await refused('{"collect_cpu":"yes"}', 'collect_cpu: "yes" is not true or false');
    await refused("{", "JSON");
    await refused("", "JSON");
  });
});
