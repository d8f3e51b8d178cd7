/* What is told to proctor in confidence reaches neither the commands it runs nor those who may look at it. */
import assert from "node:assert/strict";
import { existsSync, readFileSync, statSync } from "node:fs";
import process from "node:process";
import { describe, test } from "node:test";
import { proctor } from "./support/proctor.ts";
import { shellProcess, withSupervised } from "./support/supervise.ts";

const TIMEOUT = { timeout: 120_000 };
const env = {
  PROCTOR_MQTT_PASSWORD: "s3cr3t-1",
  PROCTOR_MQTT_USER: "user",
  PROCTOR_SOME_TOKEN: "s3cr3t-2",
  OTHER: "seen",
};

describe("secrets of proctor's own", () => {
  test("are not inherited by a command, but when it is given them by name", TIMEOUT, async () => {
    const { code, stdout } = await proctor(["run", "-q", "--", "env"], { env });
    assert.equal(code, 0);
    assert.match(stdout.toString(), /^OTHER=seen$/m);
    assert.match(stdout.toString(), /^PROCTOR_MQTT_USER=user$/m);
    assert.doesNotMatch(stdout.toString(), /s3cr3t/);
  });

  test(
    "nor by what a supervisor runs: processes, probes, hooks",
    TIMEOUT,
    () =>
      withSupervised(async (one) => {
        const dump = (name: string) => `cd "${one.directory}" && env > ${name}.new && mv ${name}.new ${name}`;
        const check = { type: "exec", exec: { command: ["sh", "-c", dump("probe")] } };
        const service = (id: string, environment: Record<string, string>, more = {}) => ({
          ...shellProcess(id, `${dump(id)}; sleep 1000`),
          management: {
            control: {
              executable: "/bin/sh",
              arguments: ["-c", `${dump(id)}; sleep 1000`, "sh", "--db", "postgres://u:s3cr3t-3@db/x"],
              environment,
            },
            ...more,
          },
        });
        one.configure([
          service("a", { MINE: "s3cr3t-4" }, { health_check: check }),
          service("given", { PROCTOR_MQTT_PASSWORD: "${PROCTOR_MQTT_PASSWORD}" }),
        ], { on_event: { command: ["sh", "-c", dump("hook")], kinds: ["transition"] } });
        await one.start([], { env });
        await one.until("a", ({ health }) => health === "healthy");
        await one.until("given", ({ state }) => state === "running");
        for (const name of ["a", "given", "probe", "hook"]) {
          const path = `${one.directory}/${name}`;
          while (!existsSync(path)) await new Promise((resolve) => setTimeout(resolve, 20));
          const text = readFileSync(path, "utf8");
          assert.match(text, /^OTHER=seen$/m, name);
          assert.doesNotMatch(text, /s3cr3t-2/, name);
          if (name === "given") assert.match(text, /^PROCTOR_MQTT_PASSWORD=s3cr3t-1$/m);
          else assert.doesNotMatch(text, /s3cr3t-1/, name);
        }
        for (const id of ["a", "given"]) {
          for (const words of [["describe", id], ["describe", id, "--json"], ["events", "--json"]]) {
            const { stdout, stderr } = await one.ctl(...words);
            assert.doesNotMatch(`${stdout}${stderr}`, /s3cr3t/, words.join(" "));
          }
        }
        assert.doesNotMatch(one.running.stderr, /s3cr3t/);
      }),
  );
});

test(
  "directories and files of a supervisor are closed to others, whatever the umask",
  TIMEOUT,
  () =>
    withSupervised(async (one) => {
      const before = process.umask(0);
      try {
        one.configure([{
          ...shellProcess("a", "echo one; sleep 1000"),
        }]);
        await one.start();
      } finally {
        process.umask(before);
      }
      const log = `${one.state}/logs/a.log`;
      await one.until("a", () => existsSync(log) && statSync(log).size > 0);
      const modes: [name: string, mode: number][] = [
        ["", 0o700],
        ["/proctor", 0o700],
        ["/logs", 0o750],
        ["/spool", 0o700],
        ["/logs/a.log", 0o640],
        ["/proctor/a.pid", 0o640],
        ["/proctor/a.json", 0o600],
        ["/proctor.label", 0o600],
        ["/proctor.lock", 0o600],
        ["/proctor.sock", 0o600],
      ];
      for (const [name, mode] of modes) {
        assert.equal(statSync(`${one.state}${name}`).mode & 0o7777, mode, name);
      }
    }),
);
