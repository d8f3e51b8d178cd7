import assert from "node:assert/strict";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { describe, test } from "node:test";
import { ask, sentEvents } from "../../supervisor/support/http.ts";
import { ROOT } from "../../support/fixture.ts";
import { withDirectory } from "../support/directory.ts";
import { BINARY, proctor, runProgram, start } from "../support/proctor.ts";
import { shellProcess, TALKER, withSupervised } from "../support/supervise.ts";

const TIMEOUT = { timeout: 90_000 };
const talker = (id: string) => shellProcess(id, TALKER[1]);
const isAlive = (pid: number) => existsSync(`/proc/${pid}`);

describe("a supervisor that is told what to do by proctor ctl", () => {
  test(
    "is looked at, stopped, started, and ended, and nothing is left",
    TIMEOUT,
    () =>
      withSupervised(async (one) => {
        one.configure([talker("a"), talker("b"), shellProcess("off", "sleep 1000", { enabled: false })]);
        await one.start();
        const a = await one.until("a", ({ state }) => state === "running");
        const all = await one.json("status");
        assert.deepEqual(all.map(({ id, type }: { id: string; type: string }) => [id, type]), [
          ["a", "standard_managed"],
          ["b", "standard_managed"],
          ["off", "standard_managed"],
        ]);
        assert.notEqual(all[2].state, "running");
        assert.ok(isAlive(a.pid!));
        assert.match(readFileSync(`/proc/${a.pid}/cmdline`, "utf8"), /^\/bin\/sh\0-c/);
        // Who has asked for a stop is answered when nothing of it is left.
        assert.equal((await one.ctl("stop", "a")).stdout.toString().slice(0, 10), "a: stopped");
        assert.ok(!isAlive(a.pid!));
        assert.deepEqual((await one.status("a")).pid, null);
        const [again] = await one.json("start", "a");
        assert.ok(
          again.state === "running" && again.pid !== a.pid && isAlive(again.pid),
          JSON.stringify(again),
        );
        const [restarted] = await one.json("restart", "a");
        assert.ok(restarted.state === "running" && restarted.pid !== again.pid && isAlive(restarted.pid));
        assert.ok(!isAlive(again.pid));
        const b = await one.status("b");
        const shutdown = await one.ctl("shutdown");
        assert.equal(shutdown.code, 0, shutdown.stderr);
        assert.equal((await one.running.ended).code, 0);
        for (const { pid } of [restarted, b]) assert.ok(!isAlive(pid!));
        assert.ok(!existsSync(`${one.state}/proctor.sock`));
        assert.equal((await one.ctl("status")).code, 125);
      }),
  );

  test("shows and follows logs, also from some time ago", TIMEOUT, () =>
    withSupervised(async (one) => {
      one.configure([talker("a")]);
      await one.start();
      const follow = start(["ctl", "--state-dir", one.state, "logs", "-f", "a", "--plain"]);
      await follow.line((line) => line === "line 20");
      follow.kill("SIGTERM");
      const followed = (await follow.ended).stdout.toString().trimEnd().split("\n");
      const first = Number(followed[0].slice(5));
      assert.deepEqual(
        followed,
        followed.map((_, index) => `line ${first + index}`),
        "each line once, in order",
      );
      const lines = (await one.ctl("logs", "a", "--json")).stdout.toString().trimEnd().split("\n")
        .map((line) => JSON.parse(line));
      assert.deepEqual(lines.map(({ message }) => message), lines.map((_, index) => `line ${index + 1}`));
      const since = (await one.ctl("logs", "a", "--json", "--since", lines[9].timestamp)).stdout.toString();
      assert.ok(JSON.parse(since.split("\n")[0]).timestamp >= lines[9].timestamp);
      const last = (await one.ctl("logs", "a", "-n", "3")).stdout.toString();
      assert.match(last, /^(\d{4}-\d\d-\d\dT\S+Z stdout \| line \d+\n){3}$/);
    }));

  test("takes up more processes and forgets them", TIMEOUT, () =>
    withSupervised(async (one) => {
      one.configure([talker("a")]);
      await one.start();
      const add = await one.ctl(
        "add",
        "extra",
        "--env",
        "WORD=hello",
        "--",
        "/bin/sh",
        "-c",
        "echo $WORD; sleep 1000",
      );
      assert.equal(add.code, 0, add.stderr);
      const { pid } = await one.until("extra", ({ state }) => state === "running");
      while (!(await one.ctl("logs", "extra", "--plain")).stdout.toString().includes("hello\n"));
      const again = await one.ctl("add", "extra", "--", "/bin/true");
      assert.deepEqual([again.code, again.stderr], [1, "proctor: extra: the id is taken\n"]);
      const faulty = await one.ctl("add", "--file", "-");
      assert.equal(faulty.code, 125);
      assert.equal((await one.ctl("add", "mute", "--", "/bin/sleep", "1000")).code, 0);
      const logs = () =>
        readdirSync(one.directory, { recursive: true }).map(String).filter((name) => name.endsWith(".log"));
      assert.ok(logs().some((name) => name.endsWith("mute.log")), String(logs()));
      assert.equal((await one.ctl("remove", "mute")).stdout.toString(), "mute: removed\n");
      assert.equal((await one.ctl("remove", "extra")).stdout.toString(), "extra: removed\n");
      assert.ok(!logs().some((name) => name.endsWith("mute.log")), "an empty log goes");
      assert.ok(logs().some((name) => name.endsWith("extra.log")), "what was written stays");
      assert.ok(!isAlive(pid!));
      assert.equal((await one.ctl("status", "extra")).stderr.split("\n").length, 2);
    }));

  test(
    "reads its configuration anew, and keeps it when the new one is faulty",
    TIMEOUT,
    () =>
      withSupervised(async (one) => {
        one.configure([
          talker("same"),
          shellProcess("changes", "sleep 1000"),
          shellProcess("goes", "sleep 1000"),
        ]);
        await one.start();
        const same = await one.until("same", ({ state }) => state === "running");
        const changes = await one.until("changes", ({ state }) => state === "running");
        const goes = await one.until("goes", ({ state }) => state === "running");
        one.configure([
          talker("same"),
          shellProcess("changes", "sleep 2000"),
          shellProcess("new", "sleep 1000"),
        ]);
        assert.deepEqual(await one.json("reload"), {
          added: ["new"],
          removed: ["goes"],
          restarted: ["changes"],
          unchanged: ["same"],
          failed: [],
          left: [],
          rolled_back: [],
        });
        assert.equal((await one.status("same")).pid, same.pid);
        assert.ok(!isAlive(goes.pid!));
        const changed = await one.until("changes", ({ state }) => state === "running");
        assert.notEqual(changed.pid, changes.pid);
        one.configure([{ ...talker("same"), tpye: "x" }]);
        const faulty = await one.ctl("reload");
        assert.equal(faulty.code, 1);
        assert.match(faulty.stderr, /tpye/);
        one.configure([{ ...talker("same"), tpye: "x", idd: "y" }]);
        const twice = (await one.ctl("reload")).stderr.trimEnd().split("\n");
        assert.equal(twice.length, 2, "a line for each fault");
        assert.match(twice[0], /^proctor: .*tpye: there is no such key/);
        assert.match(twice[1], /^proctor: .*idd: there is no such key; did you mean "id"\?$/);
        assert.equal((await one.status("changes")).pid, changed.pid);
        const events = (await one.ctl("events", "--json")).stdout.toString().trim().split("\n")
          .map((line) => JSON.parse(line));
        const last = (await one.ctl("events", "-n", "2", "--json")).stdout.toString().trim().split("\n")
          .map((line) => JSON.parse(line));
        assert.deepEqual(last, events.slice(-2));
        const kinds = events.map(({ kind }) => kind);
        assert.ok(kinds.includes("reloaded") && kinds.includes("reload_failed") && kinds.includes("added"));
        assert.deepEqual(events.map(({ sequence }) => sequence), events.map((_, index) => index + 1));
      }),
  );

  test(
    "tells of instances that are not ready after a reload, and takes the reload back",
    TIMEOUT,
    () =>
      withSupervised(async (one) => {
        const web = (script: string) => ({
          ...shellProcess("web", script, { instances: 2 }),
          management: {
            control: {
              executable: "/bin/sh",
              arguments: ["-c", script],
              context_aware_restart: { reset_after: "100ms", max_retries: 0 },
            },
            readiness_check: { type: "file", interval: "20ms", file: { path: "ready-${PROCTOR_INSTANCE}" } },
          },
        });
        one.configure([web("touch ready-$PROCTOR_INSTANCE; sleep 1000; :")]);
        await one.start();
        const { pid } = await one.until("web:1", ({ state }) => state === "running");
        while (!(await one.json("describe", "web:0")).rollback.is_proven);
        while (!(await one.json("describe", "web:1")).rollback.is_proven);
        one.configure([web("exit 3")]);
        const reload = await one.ctl("reload");
        assert.equal(reload.code, 1, reload.stderr);
        const said = "left as they were: web:1\nfailed: web:0: given up after 0 restarts in a row: " +
          "it ended with exit code 3\n";
        assert.equal(reload.stdout.toString(), said);
        assert.match(one.running.stderr, /web:0: rollout stopped: .*; left as they are: web:1/);
        const back = await one.ctl("rollback");
        assert.equal(back.code, 0, back.stderr);
        assert.match(
          back.stdout.toString(),
          /^web:0: rolled back, running .*\nweb:1: rolled back, running .*\n$/,
        );
        assert.equal((await one.status("web:1")).pid, pid);
        assert.match(
          (await one.ctl("describe", "web:0")).stdout.toString(),
          /^rolled back +at 20.*the configuration/m,
        );
        const again = await one.ctl("reload");
        assert.deepEqual(
          [again.code, again.stdout.toString()],
          [0, "unchanged: web:0, web:1\nrolled back: web:0, web:1\n"],
        );
      }),
  );

  test(
    "is killed, and the next one goes on with the same process and every line of it",
    TIMEOUT,
    () =>
      withSupervised(async (one) => {
        one.configure([talker("a")]);
        await one.start();
        const before = await one.until("a", ({ state }) => state === "running");
        for (let kills = 0; kills < 3; kills++) {
          await new Promise((resolve) => setTimeout(resolve, 150));
          one.running.kill("SIGKILL");
          await one.running.ended;
          assert.ok(isAlive(before.pid!), "it does not die of a pipe without a reader");
          await one.start();
          const after = await one.until("a", ({ state }) => state === "running");
          assert.equal(after.pid, before.pid);
        }
        await one.ctl("stop", "a");
        const lines = (await one.ctl("logs", "a", "--plain")).stdout.toString().trimEnd().split("\n");
        assert.ok(lines.length > 20);
        assert.deepEqual(lines, lines.map((_, index) => `line ${index + 1}`), "each line once, none missing");
      }),
  );
});

describe("the API of a supervisor", () => {
  test(
    "is served on the socket and the port, and takes a process with a monitoring_profile",
    TIMEOUT,
    () =>
      withSupervised(async (one) => {
        one.configure([talker("a")], { port: 0 });
        const { stderr } = await one.start();
        const port = /http:\/\/127\.0\.0\.1:\d+/.exec(stderr)![0];
        const socket = `${one.state}/proctor.sock`;
        assert.match(stderr, new RegExp(`the token of its port is in ${one.state}/api_token\n`));
        const token = readFileSync(`${one.state}/api_token`, "utf8").trim();
        const headers = { authorization: `Bearer ${token}` };
        assert.equal((await ask(port, "/processes")).status, 401);
        const byPort = await proctor(["ctl", "--url", port, "--state-dir", one.state, "status", "--json"]);
        assert.deepEqual([byPort.code, JSON.parse(byPort.stdout.toString())[0].id], [0, "a"]);
        const stranger = await proctor(["ctl", "--url", port, "--token-file", "/dev/null", "status"]);
        assert.deepEqual([stranger.code, stranger.stdout.toString()], [125, ""]);
        assert.match(
          stranger.stderr,
          /^proctor: the token of the supervisor's port cannot be read from "\/dev\/null": it is a device; name a regular file$/m,
        );
        const body = {
          ...shellProcess("api", "sleep 1000"),
          monitoring_profile: {
            enabled: true,
            interval: 1_000_000_000,
            collect_threads: false,
            collect_memory: true,
          },
        };
        const added = await ask(port, "/processes", {
          method: "POST",
          body,
          headers: { "content-type": "application/json", ...headers },
        });
        assert.equal(added.status, 201, added.text);
        await one.until("api", ({ state }) => state === "running");
        for (const server of [port, socket]) {
          const ids = (await ask(server, "/processes", { headers })).json.map(({ id }: { id: string }) => id);
          assert.deepEqual(ids, ["a", "api"]);
        }
        assert.match(
          (await ask(port, "/metrics", { headers })).text,
          /proctor_process_state\{id="api",.*state="running"\} 1/,
        );
        // Its profile is what it is watched by: one sample a second, without threads.
        const samples = sentEvents(socket, "/metrics/stream?id=api");
        const { event, data } = (await samples.next()).value!;
        await samples.return(undefined);
        assert.deepEqual([event, data.task_id, data.state], ["metrics", "api", "running"]);
        assert.ok("memory_bytes" in data.metrics && !("thread_count" in data.metrics), JSON.stringify(data));
        const faulty = await ask(port, "/processes", {
          method: "POST",
          body: { id: "x", type: "standard_managed" },
          headers: { "content-type": "application/json", ...headers },
        });
        assert.equal(faulty.status, 422, faulty.text);
        assert.doesNotMatch(faulty.json.error.message, /\n/);
        assert.equal((await ask(port, "/processes/api", { method: "DELETE", headers })).status, 204);
      }),
  );

  test(
    "is not opened to other machines without a token: then nothing is started",
    TIMEOUT,
    () =>
      withSupervised(async (one) => {
        one.configure([shellProcess("a", `touch ${one.directory}/ran; sleep 1000`)], {
          port: 0,
          bind_address: "0.0.0.0",
        });
        const refused = start(["supervise", "--config", one.config, "--state-dir", one.state]);
        const { code, stderr } = await refused.ended;
        assert.equal(code, 125);
        assert.match(stderr, /bind_address.*token/);
        assert.ok(!existsSync(`${one.state}/proctor.sock`));
        assert.ok(!existsSync(`${one.directory}/ran`), "it is refused before anything is started");
      }),
  );
});

test("the unit for systemd has no fault that systemd knows", {
  skip: !existsSync("/usr/bin/systemd-analyze") && "systemd-analyze of the package systemd is missing",
}, async () => {
  const unit = readFileSync(`${ROOT}/docs/proctor.service`, "utf8").replaceAll(
    "/usr/local/bin/proctor",
    BINARY,
  );
  await withDirectory(async (directory) => {
    // The name must be one that systemd accepts.
    const path = `${directory}/proctor.service`;
    writeFileSync(path, unit);
    const { code, stdout, stderr } = await runProgram(["/usr/bin/systemd-analyze", "verify", path]);
    assert.deepEqual([code, stdout.toString(), stderr], [0, "", ""]);
  });
});
