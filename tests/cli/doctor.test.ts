import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import process from "node:process";
import { describe, test } from "node:test";
import { accountingSchema, environmentSchema } from "../../core/schema/record.ts";
import { fixture } from "../support/fixture.ts";
import { BINARY, proctor, runProgram, shell } from "./support/proctor.ts";
import { recorded } from "./support/records.ts";
import { asNobody, cannotDrop } from "./support/unprivileged.ts";

interface Examination {
  readonly containment: { mechanism: string; reason: string | null };
  readonly accounting: unknown;
  readonly environment: unknown;
  readonly sentence: string;
  readonly agent: { id: string | null; source: string; problem: string | null };
  readonly findings: { topic: string; ok: boolean; detail: string; advice: string | null }[];
}

describe("proctor doctor", () => {
  test("--json tells containment, accounting, environment and advice", async () => {
    const { stdout, stderr, code } = await proctor(["doctor", "--json"]);
    const found = JSON.parse(stdout.toString()) as Examination;
    assert.equal(code, 0);
    assert.equal(stderr, "");
    const accounting = accountingSchema.parse(found.accounting);
    for (const name of Object.keys(accounting)) {
      const words: Record<string, string> = { cpu: "CPU", io: "I/O", faults: "page faults" };
      const word = words[name] ?? name.replaceAll("_", " ");
      assert.ok(found.sentence.toLowerCase().includes(word.toLowerCase()), name);
    }
    assert.match(found.sentence, /^CPU[^;.]* (?:is|are) exact here; .* (?:is|are) sampled; .*\.$/);
    const environment = environmentSchema.parse(found.environment);
    assert.equal(environment.host_name, hostname());
    const online = readFileSync("/proc/cpuinfo", "utf8").match(/^processor\s*:/gm)!.length;
    assert.equal(environment.online_cpu_count, online);
    const memory = /^MemTotal:\s+(\d+) kB/m.exec(readFileSync("/proc/meminfo", "utf8"))![1];
    assert.equal(environment.memory_total_bytes, Number(memory) * 1_024);
    assert.ok(found.findings.length > 0);
    for (const { ok, detail, advice } of found.findings) {
      assert.match(detail, /\S/);
      assert.ok(ok || advice, `"${detail}" without advice`);
    }
  });

  test("tells which agent this is", async () => {
    const asked = async (env: Record<string, string> = {}) => {
      const { stdout, code } = await proctor(["doctor", "--json"], { env });
      assert.equal(code, 0);
      return (JSON.parse(stdout.toString()) as Examination).agent;
    };
    const own = await asked();
    assert.equal(own.problem, null);
    assert.deepEqual(await asked(), own);
    assert.deepEqual(await asked({ PROCTOR_AGENT_ID: "line 7" }), {
      id: "line 7",
      source: "setting",
      problem: null,
    });
    const { problem } = await asked({ PROCTOR_AGENT_ID: "a/b" });
    assert.match(problem!, /^PROCTOR_AGENT_ID: "a\/b" is not a name of a topic/);
    const { stdout } = await proctor(["doctor"], { env: { PROCTOR_AGENT_ID: "line 7" } });
    assert.match(stdout.toString(), /^agent {8}line 7 \(by PROCTOR_AGENT_ID\)$/m);
  });

  test("says what a run then has", async () => {
    const { containment, accounting } = JSON.parse((await proctor(["doctor", "--json"])).stdout.toString());
    const { start } = await recorded([], ["sleep", "0.05"]);
    assert.equal(start.containment.mechanism, containment.mechanism);
    assert.deepEqual(start.capabilities, accounting);
  });

  test("is readable, and names every quantity", async () => {
    const { stdout } = await proctor(["doctor"]);
    const text = stdout.toString();
    for (const word of ["containment", "cpu", "memory", "disk", "io", "network", "unavailable", "exact"]) {
      assert.ok(text.includes(word), word);
    }
    assert.ok(text.split("\n").every((line) => line === line.trimEnd()), "spaces at the end of a line");
  });

  test("tells a user without rights how to get more", { skip: cannotDrop }, async () => {
    const { stdout, code } = await runProgram(asNobody([BINARY, "doctor", "--json"]));
    const { containment, findings } = JSON.parse(stdout.toString()) as Examination;
    assert.equal(code, 0);
    assert.equal(containment.mechanism, "subreaper");
    assert.match(containment.reason!, /permission denied/);
    assert.ok(findings.some(({ ok, advice }) => !ok && /root|Delegate/.test(advice ?? "")));
  });

  test("says where clone3 is refused, and a run goes on without", async () => {
    const filtered = [fixture("without_clone3"), BINARY];
    const { stdout } = await runProgram([...filtered, "doctor", "--json"]);
    const { containment, findings } = JSON.parse(stdout.toString()) as Examination;
    assert.equal(containment.mechanism, "subreaper");
    assert.match(containment.reason!, /no clone3/);
    const launch = findings.find(({ topic }) => topic === "launch")!;
    assert.equal(launch.ok, false);
    assert.match(launch.detail, /no clone3.*: it is not there/);
    const ran = await runProgram([...filtered, "run", "-q", "--", "sh", "-c", "echo ran; exit 7"]);
    assert.deepEqual([ran.code, ran.stdout.toString()], [7, "ran\n"]);
  });

  test("leaves no cgroup", async () => {
    const script = `$PROCTOR doctor >/dev/null & wait $!; find /sys/fs/cgroup -name "proctor-$!-*" -type d`;
    const { stdout } = await shell(script);
    assert.equal(stdout.toString(), "");
    assert.ok(process.pid);
  });
});
