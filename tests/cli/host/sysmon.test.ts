import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { describe, test } from "node:test";
import { READING_METHODS } from "../../../core/schema/sysmon_schema.ts";
import { mutatedLine, random } from "../../host/sysmon/support/lines.ts";
import { withDirectory } from "../support/directory.ts";
import { BINARY, proctor, runProgram, shell } from "../support/proctor.ts";
import { SOURCE } from "../support/runtimes.ts";
import { ask, messages, request, startSysmon } from "./support/sysmon.ts";

for (const [title, command] of [["the binary", [BINARY]], [SOURCE.title, SOURCE.command]] as const) {
  describe(`proctor sysmon by ${title}`, () => {
    test("is ready, answers every method, and says goodbye", { timeout: 120_000 }, async () => {
      const methods = Object.keys(READING_METHODS) as (keyof typeof READING_METHODS)[];
      const input = methods.map((method) => request(method, method)).join("");
      const outcome = await runProgram([...command, "sysmon"], { input });
      assert.equal(outcome.code, 0);
      assert.equal(outcome.stderr, "");
      const all = messages(outcome);
      assert.equal(all[0].id, "subprocess_ready");
      assert.equal(all.at(-1).id, "subprocess_shutdown");
      const answers = all.filter(({ type }) => type === "response");
      assert.deepEqual(answers.map(({ id }) => id).sort(), [...methods].sort());
      for (const { id, payload } of answers) READING_METHODS[id as "RPCGetUptime"].result.parse(payload);
    });

    test("answers what is pending when SIGTERM comes", { timeout: 120_000 }, async () => {
      const service = await startSysmon([], {}, command);
      await ask(service, "RPCGetUptime", "first");
      // The first reading of the CPU takes 100 ms; the next answer says that the request has arrived.
      service.write(request("RPCCPUUsage", "slow"));
      await ask(service, "RPCGetUptime", "second");
      service.kill("SIGTERM");
      const outcome = await service.ended;
      assert.equal(outcome.code, 0, outcome.stderr);
      assert.equal(outcome.stderr, "");
      assert.deepEqual(messages(outcome).slice(-2).map(({ id }) => id), [
        "RPCCPUUsage",
        "subprocess_shutdown",
      ]);
    });

    test("answers before, while and after a subscription sends frames", { timeout: 120_000 }, async () => {
      const service = await startSysmon([], {}, command);
      await ask(service, "RPCGetUptime", "before");
      const wanted = { methods: ["RPCGetUptime"], interval_ms: 100 };
      const { subscription } = await ask(service, "RPCSubscribe", "subscribe", wanted);
      const isFrame = (from: number) => (line: string) => {
        const { id, payload } = JSON.parse(line);
        return id === "sysmon_sample" && payload.sequence >= from;
      };
      await service.line(isFrame(5));
      await ask(service, "RPCGetMemoryInfo", "meanwhile");
      await service.line(isFrame(8));
      const { frames } = await ask(service, "RPCUnsubscribe", "unsubscribe", { subscription });
      assert.ok(frames >= 2, `${frames} frames`);
      await ask(service, "RPCGetUptime", "after");
      service.kill("SIGTERM");
      const outcome = await service.ended;
      assert.deepEqual([outcome.code, outcome.stderr, messages(outcome).at(-1).id], [
        0,
        "",
        "subprocess_shutdown",
      ]);
    });

    test("answers all that is asked before anything is read", { timeout: 120_000 }, async () => {
      const input = Array.from({ length: 5_000 }, (_, index) => request("RPCGetNetworkStats", index)).join(
        "",
      );
      const outcome = await runProgram([
        "/bin/sh",
        "-c",
        '"$@" | { sleep 0.5; cat; }',
        "sh",
        ...command,
        "sysmon",
      ], {
        input,
      });
      const answered = messages(outcome).filter(({ type }) => type === "response");
      assert.deepEqual(answered.map(({ correlation_id }) => correlation_id).sort((a, b) => a - b), [
        ...Array(5_000).keys(),
      ]);
    });

    test("reads a file, and nothing at all", { timeout: 120_000 }, async () => {
      await withDirectory(async (directory) => {
        const file = `${directory}/requests`;
        writeFileSync(file, request("RPCGetUptime", 1) + request("RPCGetLoadAverage", 2).trimEnd());
        const script = '"$@" sysmon <"$FILE"; "$@" sysmon </dev/null; "$@" sysmon <&-';
        const outcome = await runProgram(["/bin/sh", "-c", script, "sh", ...command], {
          env: { FILE: file },
        });
        assert.equal(outcome.code, 0, outcome.stderr);
        assert.deepEqual(messages(outcome).map(({ id }) => id.replace("subprocess_", "")), [
          "ready",
          "RPCGetUptime",
          "RPCGetLoadAverage",
          "shutdown",
          "ready",
          "shutdown",
          "ready",
          "shutdown",
        ]);
      });
    });
  });
}

describe("proctor sysmon", () => {
  test("ends quietly when its reader goes", { timeout: 120_000 }, async () => {
    const endless = 'while :; do echo \'{"type":"request","id":"RPCGetUptime"}\'; done';
    const script = `(${endless}) 2>/dev/null | { "$PROCTOR" sysmon; echo "code $?" >&2; } | head -n 3`;
    const { stdout, stderr } = await shell(script);
    assert.equal(stdout.toString().split("\n").length, 4);
    assert.equal(stderr, "code 0\n");
  });

  test("gives a stuck reader five seconds after a signal, and says what became of the rest", {
    timeout: 120_000,
  }, async () => {
    const script = `d=$(mktemp -d); mkfifo "$d/in"; exec 3<>"$d/in"; rm -r "$d"
      { "$PROCTOR" sysmon <&3; echo "code $?" >&2; } | {
        read ready; pid=\${ready##*'"pid":'}; pid=\${pid%%,*}
        for i in $(seq 100); do printf '%s' "$REQUEST" >&3; done
        sleep 0.5; kill $pid
        while kill -0 $pid 2>/dev/null; do sleep 0.1; done
      }`;
    const { stderr } = await shell(script, { env: { REQUEST: request("rpc.discover", 1) } });
    assert.match(stderr, /^proctor: sysmon: the reader of standard output does not take .*\ncode 125\n$/);
  });

  test(
    "keeps readings for the time that is given, by option, variable or file",
    { timeout: 120_000 },
    async () => {
      await withDirectory(async (directory) => {
        const config = (content: unknown) => {
          const file = `${directory}/config.json`;
          writeFileSync(file, JSON.stringify(content));
          return file;
        };
        const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));
        const VARIABLE = "PROCTOR_SYSMON_CACHE_DURATION";
        const keeps = async (args: readonly string[], variable?: string) => {
          const service = await startSysmon(args, { env: { [VARIABLE]: variable } });
          let isSame = false;
          for (let pair = 0, tookMs = Infinity; tookMs > 900; pair++) {
            const begunMs = performance.now();
            const first = await ask(service, "RPCGetUptime", `${pair} first`);
            await pause(50);
            const second = await ask(service, "RPCGetUptime", `${pair} second`);
            isSame = first.uptime === second.uptime;
            // A machine that stands still only puts it off: within a second, the default, there is a pair.
            tookMs = performance.now() - begunMs;
            if (tookMs > 900) await pause(1_100);
          }
          service.closeInput();
          assert.equal((await service.ended).code, 0);
          return isSame;
        };
        const long = ["--config", config({ broker: { any: "thing" }, sysmon_cache_duration: "1m" })];
        assert.ok(await keeps([]), "a second is the default");
        assert.ok(await keeps(long));
        assert.ok(!await keeps(["--cache", "0"]));
        assert.ok(!await keeps(["--cache", "10ms"]));
        assert.ok(!await keeps([], "0s"));
        assert.ok(!await keeps(long, "0"), "the variable is before the file");
        assert.ok(await keeps(["--cache", "5s"], "0"), "the option is before the variable");
        for (const duration of [0, 0.01, "20ms", 10_000_000]) {
          assert.ok(
            !await keeps(["--config", config({ sysmon_cache_duration: duration })]),
            String(duration),
          );
        }
      });
    },
  );

  test("counts the loopback or not", { timeout: 120_000 }, async () => {
    await withDirectory(async (directory) => {
      writeFileSync(`${directory}/config.json`, '{"sysmon_loopback": false}');
      const counts = async (...args: string[]) => {
        const outcome = await proctor(["sysmon", ...args], { input: request("RPCGetNetworkStats", 1) });
        const { network, total_rx } = messages(outcome)[1].payload;
        const all = Object.values<{ rx_bytes: number }>(network).reduce(
          (sum, { rx_bytes }) => sum + rx_bytes,
          0,
        );
        assert.ok(network.lo.rx_bytes > 0, "something has passed through the loopback");
        return total_rx === all;
      };
      assert.ok(await counts());
      assert.ok(!await counts("--no-loopback"));
      assert.ok(!await counts("--config", `${directory}/config.json`));
    });
  });

  test("survives some thousand lines that make no sense", { timeout: 120_000 }, async () => {
    const pick = random(7);
    const lines = Array.from({ length: 5_000 }, () => [mutatedLine(pick), Uint8Array.of(10)]).flat();
    const input = Buffer.concat([...lines, Buffer.from(request("RPCGetUptime", "the last"))]);
    const outcome = await proctor(["sysmon"], { input });
    assert.equal(outcome.code, 0);
    assert.equal(outcome.stderr, "");
    const all = messages(outcome);
    assert.equal(all.filter(({ correlation_id }) => correlation_id === "the last").length, 1);
    assert.equal(all.at(-1).id, "subprocess_shutdown");
  });

  test("passes over a line of 100 MB", { timeout: 120_000 }, async () => {
    const script =
      `{ head -c 100000000 /dev/zero | tr '\\0' x; echo; printf '%s' "$REQUEST"; } | "$PROCTOR" sysmon`;
    const outcome = await shell(script, { env: { REQUEST: request("RPCGetUptime", 1) } });
    assert.deepEqual(messages(outcome).map(({ type }) => type), ["event", "error", "response", "event"]);
  });
});
