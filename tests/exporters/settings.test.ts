import assert from "node:assert/strict";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import process from "node:process";
import { describe, test } from "node:test";
import fc from "fast-check";
import { ProctorError } from "../../core/error.ts";
import { checkedSettings, openExporters } from "../../exporters/open.ts";
import { withoutCredentials } from "../../exporters/settings.ts";
import type { ExportInput } from "../../exporters/settings.ts";
import { withDirectory } from "../cli/support/directory.ts";
import { makeCertificates, noOpenssl } from "./support/certificates.ts";

const MQTT = { mqtt: "mqtt://127.0.0.1:1", domain: "d", channel: "c" };

test("plain names mean the same as those of the specification, one of the two at a time", async () => {
  const plain = {
    ...MQTT,
    instance: "node-7",
    mqtt_topic: "a/{task_id}",
    mqtt_topic_style: "agent",
  } as const;
  const specified = { ...MQTT, proplet_id: "node-7", topic: "a/{task_id}", topic_style: "agent" } as const;
  assert.deepEqual(checkedSettings(plain), checkedSettings(specified));
  assert.equal(
    refusal({ ...plain, topic: "b" }),
    "mqtt_topic: it is topic by its plain name; write one of the two",
  );
  assert.deepEqual(checkedSettings({ ...plain, topic: undefined }), checkedSettings(specified));
  const set = await openExporters({ prometheus: "127.0.0.1:0", instance: "node-7" }, { onNotice: () => {} });
  try {
    assert.equal(set.propletId, "node-7");
  } finally {
    await set.close(0);
  }
});

function refusal(input: unknown): string {
  try {
    checkedSettings(input as ExportInput);
  } catch (error) {
    assert.ok(error instanceof ProctorError && error.kind === "usage", String(error));
    assert.ok(!error.message.includes("\n"), error.message);
    return error.message;
  }
  assert.fail(`${JSON.stringify(input)} is accepted`);
}

async function openingRefusal(input: ExportInput, variables = {}): Promise<string> {
  try {
    await (await openExporters(input, { variables, onNotice: () => {} })).close(0);
  } catch (error) {
    assert.ok(error instanceof ProctorError && error.kind === "usage", String(error));
    assert.ok(!error.message.includes("\n"), error.message);
    return error.message;
  }
  assert.fail(`${JSON.stringify(input)} is accepted`);
}

/** Each with what the one line says. */
const MISUSES: readonly (readonly [input: Record<string, unknown>, said: RegExp])[] = [
  [{ mqtt: "" }, /^mqtt: "" is not a URL; write one such as mqtt:\/\/host$/],
  [{ mqtt: "localhost" }, /^mqtt: "localhost" is not a URL/],
  [{ mqtt: "http://host" }, /^mqtt: "http:\/\/host" has a protocol that is not mqtt, mqtts, ws, wss; write/],
  [{ mqtt: "mqtt://" }, /^mqtt: "mqtt:\/\/" (names no host|is not a URL)/],
  [
    { mqtt: "mqtt://u:secret@host" },
    /^mqtt: a password in the URL .* the URL; use PROCTOR_MQTT_PASSWORD or mqtt_pass/,
  ],
  [{ mqtt_version: "4" }, /^mqtt_version: "4" is none of 5, 3\.1\.1$/],
  [{ mqtt_qos: "3" }, /^mqtt_qos: "3" is none of 0, 1, 2$/],
  [{ mqtt_qos: 1.5 }, /^mqtt_qos: /],
  [{ mqtt_ca: "" }, /^mqtt_ca: it is empty; write the path of a file$/],
  [{ mqtt_batch: 0 }, /^mqtt_batch: "0" is not a whole number above 0$/],
  [{ mqtt_batch: "1e3" }, /^mqtt_batch: "1e3" is not/],
  [
    { mqtt_batch: 10, mqtt_batch_wait: "10" },
    /^mqtt_batch_wait: "10" is not a duration; write "10ms" or "10s"$/,
  ],
  [{ mqtt_batch: 10, mqtt_batch_wait: "0s" }, /^mqtt_batch_wait: "0s" is zero/],
  [
    { mqtt_batch: 10, mqtt_batch_wait: "61m" },
    /^mqtt_batch_wait: "61m" is longer than a batch may wait, "1h"$/,
  ],
  [{ mqtt_batch_wait: "10s" }, /^mqtt_batch_wait: nothing uses it; add mqtt_batch$/],
  [{ mqtt_queue: -1 }, /^mqtt_queue: "-1" is not/],
  [{ mqtt_queue_size: "16" }, /^mqtt_queue_size: "16" is not a size; write "16M" or "16B"$/],
  [{ mqtt_queue_size: 16 }, /^mqtt_queue_size: "16" is not a size; write "16M" or "16B"$/],
  [
    { domain: "a/b" },
    /^domain: "a\/b" is not a name of a topic; write one without \/, \+ and #, and without control characters$/,
  ],
  [{ channel: "#" }, /^channel: "#" is not a name of a topic/],
  [{ proplet_id: "" }, /^proplet_id: "" is not a name/],
  [{ agent_id: "a/b" }, /^agent_id: "a\/b" is not a name of a topic/],
  [{ task_id: "+" }, /^task_id: "\+" is not a name/],
  [{ topic_style: "c" }, /^topic_style: "c" is none of go, rust, agent$/],
  [{ topic: "" }, /^topic: "" is not a topic/],
  [{ topic: "a/#" }, /^topic: "a\/#" is not a topic to publish to/],
  [{ topic: "a/{task}" }, /^topic: "\{task\}" is unknown; there are \{domain_id\}, \{channel_id\}/],
  [{ prometheus: "9464" }, /^prometheus: "9464" is not an address; write host:port/],
  [{ prometheus: "host:99999" }, /^prometheus: "host:99999" is not an address/],
  [{ prometheus: "unix:" }, /^prometheus: "unix:" is not an address/],
  [{ otlp: "mqtt://host" }, /^otlp: .* write env, or one such as http:\/\/host$/],
  [{ otlp_protocol: "grpc" }, /^otlp_protocol: "grpc" is none of http\/protobuf, http\/json$/],
  [{ otlp_header: ["secret without equals"] }, /^otlp_header\.0: a header is written NAME=value$/],
  [{ mqtt_pasword: "secret" }, /^mqtt_pasword: no such key$/],
];

describe("the settings of the exporters", { concurrency: 1 }, () => {
  for (const [input, said] of MISUSES) {
    test(`refuse ${JSON.stringify(input)}`, () => {
      const message = refusal(input);
      assert.match(message, said);
      assert.ok(!message.includes("secret"), message);
    });
  }

  test("have defaults, and read numbers as text too", () => {
    const { mqtt_version, mqtt_qos, mqtt_batch, mqtt_queue, mqtt_queue_size, topic_style } = checkedSettings(
      {},
    );
    assert.deepEqual(
      [mqtt_version, mqtt_qos, mqtt_batch, mqtt_queue, mqtt_queue_size, topic_style],
      ["5", 1, 1, 10_000, 16 * 2 ** 20, "go"],
    );
    const asText = checkedSettings({
      mqtt_version: 5,
      mqtt_qos: "2",
      mqtt_batch: "50",
      mqtt_queue_size: "1.5K",
    });
    assert.deepEqual([asText.mqtt_version, asText.mqtt_qos, asText.mqtt_batch, asText.mqtt_queue_size], [
      "5",
      2,
      50,
      1_536,
    ]);
  });

  test("never repeat what is secret in a URL, however it is written", () => {
    const secret = "s3cr3t";
    const junk = fc.string({ maxLength: 8 });
    const urls = fc.tuple(
      fc.constantFrom("mqtt:", "mqtts:", "http:", "mqt:", "", "MQTT:"),
      fc.constantFrom("//", "/", ""),
      junk.map((text) => `${text}:${secret}@`),
      fc.oneof(junk, fc.constantFrom("host", "host:99999", "host:x", "[::1", "")),
    ).map((parts) => parts.join(""));
    fc.assert(fc.property(urls, (mqtt) => {
      for (const key of ["mqtt", "otlp"]) {
        try {
          const settings = checkedSettings({ [key]: mqtt });
          assert.ok(!withoutCredentials(settings[key as "otlp"]!).includes(secret));
        } catch (error) {
          assert.ok(error instanceof ProctorError, String(error));
          assert.ok(!error.message.includes(secret), error.message);
        }
      }
    }));
  });

  test("a URL is shown without user, password and query", () => {
    assert.equal(withoutCredentials("wss://u:p@host:1/path?token=x#y"), "wss://host:1/path");
    assert.equal(withoutCredentials("mqtt://u@host/"), "mqtt://host");
  });

  test("topics need all of an identity", async () => {
    assert.match(
      await openingRefusal({ ...MQTT, channel: undefined }),
      /^mqtt: give both domain ID and channel ID, or mqtt_topic_prefix PREFIX alone$/,
    );
    assert.match(
      await openingRefusal({ ...MQTT, mqtt_topic_prefix: "a/b" }),
      /^mqtt_topic_prefix: it is domain and channel in one; leave out domain ID and channel ID$/,
    );
    const topic = "x/{channel_id}";
    assert.match(
      await openingRefusal({ mqtt: MQTT.mqtt, topic }),
      /^channel: the topic has \{channel_id\}; add/,
    );
  });

  test("a user name in a URL is decoded, or refused", async () => {
    assert.match(
      await openingRefusal({ ...MQTT, mqtt: "mqtt://a%zz@h" }),
      /^mqtt: the user name in the URL has a %/,
    );
  });

  test("what belongs together is given together", async () => {
    assert.match(
      await openingRefusal({ ...MQTT, mqtt: "mqtt://h/topic" }),
      /^mqtt: a URL with mqtt:\/\/ has no path/,
    );
    assert.match(
      await openingRefusal({ ...MQTT, mqtt_ca: "/ca" }),
      /^mqtt_ca: nothing uses it without TLS; write mqtts/,
    );
    const secure = { ...MQTT, mqtt: "mqtts://127.0.0.1:1" };
    assert.equal(await openingRefusal({ ...secure, mqtt_cert: "/c" }), "mqtt_key: mqtt_cert needs its key");
    assert.equal(
      await openingRefusal({ ...secure, mqtt_key: "/c" }),
      "mqtt_cert: mqtt_key needs its certificate",
    );
    assert.match(
      await openingRefusal({ ...MQTT, mqtt_version: "3.1.1" }, { PROCTOR_MQTT_PASSWORD: "secret" }),
      /^mqtt_user: MQTT 3\.1\.1 has no password without a user name; add mqtt_user$/,
    );
  });

  test("files that cannot be read or are something else", { skip: noOpenssl, timeout: 120_000 }, async () => {
    await withDirectory(async (directory) => {
      makeCertificates(directory);
      const at = (name: string) => `${directory}/${name}`;
      const secure = { ...MQTT, mqtt: "mqtts://127.0.0.1:1" };
      const own = { mqtt_cert: at("client.crt"), mqtt_key: at("client.key") };
      writeFileSync(at("broken"), "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
      writeFileSync(at("encrypted"), "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n");
      mkdirSync(at("folder"));
      for (
        const [input, said] of [
          [
            { mqtt_password_file: at("none") },
            `mqtt_password_file: cannot read ${at("none")}: no such file or directory`,
          ],
          [{ mqtt_ca: at("none") }, `mqtt_ca: cannot read ${at("none")}: no such file or directory`],
          [{ mqtt_ca: at("folder") }, `mqtt_ca: cannot read ${at("folder")}: it is a directory`],
          [{ mqtt_ca: at("client.key") }, `mqtt_ca: ${at("client.key")} has no certificate in PEM`],
          [{ mqtt_ca: at("broken") }, `mqtt_ca: ${at("broken")} has a certificate that cannot be read`],
          [
            { ...own, mqtt_cert: at("client.key") },
            `mqtt_cert: ${at("client.key")} has no certificate in PEM`,
          ],
          [
            { ...own, mqtt_key: at("client.crt") },
            `mqtt_key: ${at("client.crt")} is not a private key in PEM`,
          ],
          [
            { ...own, mqtt_key: at("server.key") },
            `mqtt_key: ${at("server.key")} is not the key of ${at("client.crt")}`,
          ],
          [
            { ...own, mqtt_key: at("encrypted") },
            `mqtt_key: ${at("encrypted")} is encrypted; write it without`,
          ],
        ] as const
      ) {
        const message = await openingRefusal({ ...secure, ...input });
        assert.ok(message.startsWith(said), `${message}\nis not ${said}`);
      }
      if (process.getuid?.() !== 0) {
        chmodSync(at("ca.crt"), 0);
        assert.match(await openingRefusal({ ...secure, mqtt_ca: at("ca.crt") }), /permission denied$/);
      }
    });
  });
});

test("a port alone is one of the loopback interface", () => {
  const address = (text: string) => checkedSettings({ prometheus: text }).prometheus;
  assert.deepEqual(address(":9464"), { host: "127.0.0.1", port: 9_464 });
  assert.deepEqual(address("0.0.0.0:9464"), { host: "0.0.0.0", port: 9_464 });
  assert.deepEqual(address("[::]:9464"), { host: "::", port: 9_464 });
  assert.deepEqual(address("[::1]:0"), { host: "::1", port: 0 });
});
