/* Each file of examples/ runs, or is validated by the program that reads it. */
import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import process from "node:process";
import { describe, test } from "node:test";
import { parse } from "yaml";
import { ROOT } from "../support/fixture.ts";

const EXAMPLES = join(ROOT, "examples");
const PROCTOR = join(ROOT, "dist/proctor");
const once = "Deno" in globalThis && "runs on Bun: it starts both runtimes itself";
const example = (name: string) => join(EXAMPLES, name);
const yamlOf = (name: string) => parse(readFileSync(example(name), "utf8"));

/** Whether a program is on the PATH. */
const has = (program: string) => spawnSync("sh", ["-c", `command -v ${program}`]).status === 0;

/** Run a program to its end, and return what it printed; anything but exit code 0 fails the test. Runtimes fill `home`. */
function run(command: readonly string[], cwd: string, home = cwd): string {
  const ended = spawnSync(command[0], command.slice(1), {
    cwd,
    env: { ...process.env, HOME: home, XDG_RUNTIME_DIR: home, PATH: `${ROOT}/dist:${process.env.PATH}` },
    stdio: ["ignore", "pipe", "pipe"],
    encoding: "utf8",
    timeout: 60_000,
  });
  assert.equal(ended.status, 0, `${command.join(" ")}\n${ended.stdout}${ended.stderr}`);
  return ended.stdout;
}

/** A directory that is gone afterwards. */
function inDirectory(body: (directory: string) => void): void {
  const directory = mkdtempSync(join(tmpdir(), "proctor-examples-"));
  try {
    body(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

describe("examples", () => {
  test("are all in their README", () => {
    const readme = readFileSync(example("README.md"), "utf8");
    const listed = [...readme.matchAll(/^\| `([\w.-]+)`/gm)].map(([, name]) => name).sort();
    assert.deepEqual(listed, readdirSync(EXAMPLES).filter((name) => name !== "README.md").sort());
  });

  test(
    "the library reports a run on Bun and on Deno",
    { skip: once, timeout: 90_000 },
    () =>
      inDirectory((home) => {
        const file = example("build_cost.ts");
        const deno = ["node_modules/deno/deno", "run", "--no-check", "--allow-all", file, "sleep", "0"];
        const caches = [".bun", ".cache"].map((name) => join(ROOT, name)).filter(existsSync);
        for (const command of [["node_modules/bun/bin/bun.exe", file, "sleep", "0"], deno]) {
          const cost = JSON.parse(run(command, ROOT, home));
          assert.equal(cost.exit_code, 0);
          assert.ok(cost.cpu_seconds > 0 && cost.cpu_seconds < 10);
        }
        const left = [".bun", ".cache"].map((name) => join(ROOT, name)).filter(existsSync);
        assert.deepEqual(left, caches, "the caches of the runtimes are in the repository");
      }),
  );

  test("Python reads the records of a run", { skip: once }, () =>
    inDirectory((directory) => {
      run([PROCTOR, "run", "--quiet", "--records", "run.jsonl", "--", "true"], directory);
      const printed = run(["python3", example("read_records.py"), "run.jsonl"], directory);
      assert.match(printed, /^CPU 0\.\d{3} s, exit code 0\n$/);
    }));

  test(
    "the supervisor's files are right, and its services become healthy",
    { skip: once, timeout: 90_000 },
    () =>
      inDirectory((directory) => {
        const state = ["--state-dir", join(directory, "state")];
        run([PROCTOR, "supervise", "--config", example("schedule.yaml"), "--check"], directory);
        run([PROCTOR, "supervise", "--config", example("proctor.yaml"), ...state, "--detach"], directory);
        try {
          run([PROCTOR, "ctl", ...state, "wait", "web", "--for", "healthy", "--timeout", "30s"], directory);
        } finally {
          run([PROCTOR, "ctl", ...state, "shutdown"], directory);
        }
      }),
  );

  test(
    "the agent's file and the sidecars' arguments are right",
    { skip: once },
    () =>
      inDirectory((directory) => {
        const pod = yamlOf("kubernetes.yaml").spec;
        const compose = yamlOf("compose.yaml").services;
        assert.equal(pod.shareProcessNamespace, true);
        assert.equal(compose.proctor.pid, "service:web");
        for (
          const args of [
            ["watch", "--config", example("watch.yaml")],
            pod.containers[1].args,
            compose.proctor.command,
          ]
        ) {
          assert.match(run([PROCTOR, ...args, "--check"], directory), /^nginx/m);
        }
      }),
  );

  test(
    "the steps of the workflow pass on a build that has not changed",
    { skip: once, timeout: 90_000 },
    () =>
      inDirectory((directory) => {
        cpSync(join(ROOT, "tests/docs/files/all"), directory, { recursive: true });
        const steps = yamlOf("ci.yml").jobs.cost.steps.filter((step: { run?: string }) =>
          step.run !== undefined
        );
        assert.equal(steps.length, 2);
        const [measure, compare] = steps.map((step: { run: string }) => step.run);
        const summary = join(directory, "summary.md");
        run(["sh", "-c", measure], directory);
        cpSync(join(directory, "now.jsonl"), join(directory, "baseline.jsonl"));
        run(["sh", "-c", `GITHUB_STEP_SUMMARY=${summary}; ${compare}`], directory);
        assert.match(readFileSync(summary, "utf8"), /\| *CPU/);
      }),
  );

  test(
    "Prometheus takes its configuration",
    { skip: once || (!has("promtool") && "needs promtool") },
    () => {
      run(["promtool", "check", "config", example("prometheus.yml")], EXAMPLES);
    },
  );

  test(
    "systemd takes the unit",
    { skip: once || (!has("systemd-analyze") && "needs systemd-analyze") },
    () =>
      inDirectory((directory) => {
        const unit = join(directory, "proctor-user.service");
        writeFileSync(unit, readFileSync(example("proctor-user.service")));
        run(["systemd-analyze", "--user", "verify", unit], directory);
      }),
  );

  test("a run reaches the broker", { skip: once || (!has("mosquitto") && "needs mosquitto") }, async () => {
    const broker = spawn("mosquitto", ["-c", example("mosquitto.conf")], {
      stdio: ["ignore", "ignore", "pipe"],
    });
    try {
      await new Promise<void>((resolve, reject) => {
        broker.stderr.on("data", (bytes) => String(bytes).includes("running") && resolve());
        broker.on("exit", (code) => reject(new Error(`mosquitto ended with exit code ${code}`)));
      });
      inDirectory((directory) => {
        const subscribe = "mosquitto_sub -p 18473 -t 'm/#' -C 1 -W 30";
        const publish = "proctor run --quiet --mqtt mqtt://127.0.0.1:18473 -- sleep 2";
        const received = run(["sh", "-c", `${subscribe} & ${publish}; wait`], directory);
        assert.equal(typeof JSON.parse(received).proplet_id, "string");
      });
    } finally {
      broker.kill();
    }
  });
});
