import assert from "node:assert/strict";
import { writeFileSync } from "node:fs";
import { describe, test } from "node:test";
import { withDirectory } from "./support/directory.ts";
import { proctor } from "./support/proctor.ts";

const MQTT = ["--mqtt", "mqtt://127.0.0.1:1", "--domain", "d", "--channel", "c"];

/** Flags before the command, and the one line that they get. */
const MISUSES: readonly (readonly [flags: readonly string[], said: string])[] = [
  [
    ["--mqtt", "mqtt://127.0.0.1:1", "--channel", "c"],
    "--mqtt: give both --domain ID and --channel ID, or --mqtt-topic-prefix PREFIX alone\n",
  ],
  [
    ["--mqtt", "mqtt://127.0.0.1:1", "--mqtt-topic-prefix", "a/b/c"],
    '--mqtt-topic-prefix: "a/b/c" is not a prefix of topics; write one or two names such as factory/edge\n',
  ],
  [
    [...MQTT, "--mqtt-topic-prefix", "a/b"],
    "--mqtt-topic-prefix: it is domain and channel in one; leave out --domain ID and --channel ID\n",
  ],
  [["--instance", "a/b", ...MQTT], '--proplet-id: "a/b" is not a name of a topic'],
  [["--mqtt-topic-prefix", "a/b"], "--mqtt-topic-prefix: nothing uses it; add --mqtt\n"],
  [
    ["--mqtt", "mqtt://u:hush@h"],
    "--mqtt: a password in the URL is visible to all who see the URL; use PROCTOR_MQTT_PASSWORD or --mqtt-password-file",
  ],
  [
    ["--mqtt", "http://h"],
    '--mqtt: "http://h" has a protocol that is not mqtt, mqtts, ws, wss; write one such as mqtt',
  ],
  [["--mqtt", "me:hush@host"], '--mqtt: "me:host" has a protocol that is not mqtt'],
  [["--mqtt-qos", "1"], "--mqtt-qos: nothing uses it; add --mqtt"],
  [["--mqtt-gzip"], "--mqtt-gzip: nothing uses it; add --mqtt"],
  [
    ["--prometheus-labels", "plain"],
    "--prometheus-labels: nothing uses it; add --prometheus or --prometheus-textfile\n",
  ],
  [
    ["--prometheus", "127.0.0.1:0", "--prometheus-labels", "instance"],
    '--prometheus-labels: "instance" is none of plain, specification\n',
  ],
  [["--domain", "d"], "--domain: nothing uses it; add --mqtt, --prometheus, --prometheus-textfile or --otlp"],
  [["--otlp-header", "a=hush"], "--otlp-header: nothing uses it; add --otlp"],
  [[...MQTT, "--mqtt-qos", "3"], '--mqtt-qos: "3" is none of 0, 1, 2\n'],
  [[...MQTT, "--mqtt-batch-wait", "5s"], "--mqtt-batch-wait: nothing uses it; add --mqtt-batch\n"],
  [[...MQTT, "--agent-id", "a/b"], '--agent-id: "a/b" is not a name of a topic; write one without'],
  [[...MQTT, "--mqtt-queue", "many"], '--mqtt-queue: "many" is not a whole number above 0'],
  [[...MQTT, "--mqtt-queue-size", "10"], '--mqtt-queue-size: "10" is not a size; write "10M" or "10B"'],
  [
    [...MQTT, "--mqtt-queue-dir", "/dev/null/x"],
    "--mqtt-queue-dir: cannot use /dev/null/x: a part of the path is no",
  ],
  [
    [...MQTT, "--mqtt-password-file", "/no/such"],
    "--mqtt-password-file: cannot read /no/such: no such file or",
  ],
  [[...MQTT, "--mqtt-ca", "/no/such"], "--mqtt-ca: nothing uses it without TLS; write mqtts:// or wss://"],
  [
    [...MQTT, "--topic", "{task}"],
    '--topic: "{task}" is unknown; there are {domain_id}, {channel_id}, {proplet_id}, {agent_id}, {task_id}',
  ],
  [[...MQTT, "--topic-style", "c"], '--topic-style: "c" is none of go, rust, agent\n'],
  [
    ["--mqtt", "mqtt://127.0.0.1:1", "--domain", "a/b", "--channel", "c"],
    '--domain: "a/b" is not a name of a topic; write one without /, + and #, and without control characters\n',
  ],
  [
    ["--otlp", "http://127.0.0.1:1", "--otlp-header", "a=b", "--otlp-header", "hush"],
    "--otlp-header: a header is written NAME=value\n",
  ],
  [
    ["--otlp", "http://127.0.0.1:1", "--otlp-protocol", "grpc"],
    '--otlp-protocol: "grpc" is none of http/protobuf, http/json\n',
  ],
  [
    [...MQTT, "--profile", "minimal"],
    "profile: it exports nothing (export_to_mqtt is false); choose another",
  ],
  [[...MQTT, "--otlp-header", "hush"], "--otlp-header: nothing uses it; add --otlp"],
];

describe("misused flags of the exporters get one line, and nothing is run", () => {
  for (const [flags, said] of MISUSES) {
    test(flags.join(" "), { timeout: 120_000 }, async () => {
      const outcome = await proctor(["run", ...flags, "--", "echo", "has run"]);
      assert.equal(outcome.code, 125, outcome.stderr);
      assert.equal(outcome.stdout.toString(), "");
      assert.ok(outcome.stderr.startsWith(`proctor: ${said}`), outcome.stderr);
      assert.ok(!outcome.stderr.includes("hush"), outcome.stderr);
      assert.equal(outcome.stderr.split("\n").length, 2, outcome.stderr);
    });
  }

  test("a file of certificates that is none", { timeout: 120_000 }, async () => {
    await withDirectory(async (directory) => {
      writeFileSync(`${directory}/ca`, "nothing");
      const flags = [
        "--mqtt",
        "mqtts://127.0.0.1:1",
        "--domain",
        "d",
        "--channel",
        "c",
        "--mqtt-ca",
        `${directory}/ca`,
      ];
      const { code, stderr } = await proctor(["run", ...flags, "--", "true"]);
      assert.equal(code, 125);
      assert.equal(
        stderr,
        `proctor: --mqtt-ca: ${directory}/ca has no certificate in PEM (-----BEGIN CERTIFICATE-----)\n`,
      );
    });
  });
});
