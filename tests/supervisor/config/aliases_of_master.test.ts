import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ConfigError } from "../../../config/fault.ts";
import { loadConfig } from "../../../supervisor/config/load.ts";
import { scratch } from "../support/files.ts";

function load(text: string) {
  using files = scratch();
  return loadConfig(files.write("proctor.yaml", text), { variables: {} });
}

const worker = (control: string) => `
workers:
  - id: a
    type: managed
    unit: { managed: { control: { execution: { executable_path: x }, ${control} } } }
`;

describe("the keys of the longer form", () => {
  test("restart, bare limits, and limits under their longer names", () => {
    const { definitions: [one] } = load(
      worker(
        `restart: { policy: always, max_retries: 5, retry_delay: 5s, backoff_rate: 2.0 },
         limits: { cpu: 1.5, memory: 1048576, max_processes: 10, max_open_files: 64 }`,
      ),
    );
    assert.equal(one.restart.policy, "always");
    const { maxRetries, retryDelayMs, backoffRate } = one.restart.retry.default;
    assert.deepEqual([maxRetries, retryDelayMs, backoffRate], [5, 5_000, 2]);
    const maxima = (limits: typeof one.limits) => limits.map(({ kind, max }) => `${kind} ${max}`);
    const all = ["memory 1048576", "cpu 150", "file_descriptors 64", "processes 10"];
    assert.deepEqual(maxima(one.limits), all);
    const { definitions: [other] } = load(
      worker(
        `limits: { memory_limits: { max_rss: 1M, policy: restart }, cpu_limits: { max_percent: 150 },
         process_limits: { max_file_descriptors: 64, max_child_processes: 10, policy: alert } }`,
      ),
    );
    assert.deepEqual(maxima(other.limits), all);
    assert.deepEqual(other.limits.map(({ policy }) => policy), ["restart", "log", "alert", "alert"]);
  });

  test("default_worker, add_master_id, and the address of a TCP check", () => {
    const { logCollection, definitions: [one] } = load(`
log_collection:
  enhancement: { metadata: { add_master_id: true } }
  default_worker: { capture_stderr: false }
workers:
  - id: a
    unit:
      managed:
        control: { execution: { executable_path: x } }
        health_check: { type: tcp, tcp: { address: localhost, port: 80 } }
`);
    assert.equal(logCollection?.default?.capture_stderr, false);
    assert.equal(logCollection?.enhancement?.metadata.add_process_manager_id, true);
    assert.deepEqual(one.healthCheck?.target.tcp, { host: "localhost", port: 80 });
  });

  test("what has no counterpart is refused by its name, with the reason", () => {
    const text = `
log_collection:
  system: { max_workers: 10 }
  default_worker: { buffering: { size: 1M }, processing: { parse_structured: true } }
${
      worker(
        `limits: { priority: 0, monitoring: {}, cpu_limits: { max_percent: 1, max_time: 1m },
         memory_limits: { max_rss: 1M, max_virtual: 2M, check_interval: 1s } }`,
      )
    }`;
    assert.throws(() => load(text), (error: unknown) => {
      assert.ok(error instanceof ConfigError);
      const told = Object.fromEntries(error.faults.map(({ key, message }) => [key, message]));
      assert.deepEqual(Object.keys(told), [
        "system",
        "buffering",
        "processing",
        "priority",
        "monitoring",
        "max_time",
        "max_virtual",
        "check_interval",
      ]);
      assert.ok(Object.values(told).every((message) => !message.includes("no such key")));
      return true;
    });
  });
});
