/* The access lists, at the brokers that they are for: who gets what through, by password and by certificate. */
import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { connectAsync } from "mqtt";
import type { IClientOptions, MqttClient } from "mqtt";
import { checkAccess } from "../../../fleet/broker_access/allowed.ts";
import type { AccessWanted } from "../../../fleet/broker_access/allowed.ts";
import { emqxList } from "../../../fleet/broker_access/emqx.ts";
import { dynamicSecurityScript, mosquittoList } from "../../../fleet/broker_access/mosquitto.ts";
import { natsAuthorization } from "../../../fleet/broker_access/nats.ts";
import { subscriptionsOf } from "../../../fleet/ingest/topics.ts";
import { makeCertificates, noOpenssl } from "../../exporters/support/certificates.ts";
import { Mosquitto, noMosquitto } from "../../exporters/mqtt/support/mosquitto.ts";
import { eventually } from "../../support/eventually.ts";
import { noNats, startNats } from "../mqtt/support/nats.ts";

const LIMIT = { timeout: 120_000 };
const PLUGIN = "/usr/lib/x86_64-linux-gnu/mosquitto_dynamic_security.so";
const WANTED: AccessWanted = {
  ...{ domain: null, channel: null, agents: [], manager: "manager", byCertificate: false },
};
const AGENTS = ["node-1", "node-2"];
const root = "m/d/c/c";

type Who = (name: string) => IClientOptions;

async function withDirectory(use: (directory: string) => Promise<void>): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), "proctor-access-"));
  try {
    await use(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** One that is connected, and what has come to it. */
class Client {
  readonly got = new Set<string>();

  private constructor(readonly client: MqttClient) {
    client.on("error", () => {});
    client.on("message", (topic, payload) => this.got.add(`${topic} ${payload}`));
  }

  static async open(options: IClientOptions): Promise<Client> {
    const all = { host: "127.0.0.1", reconnectPeriod: 0, connectTimeout: 5_000, ...options };
    return new Client(await connectAsync({ ...all, protocolVersion: options.protocolVersion ?? 4 }));
  }

  /** Whether a subscription is taken. */
  async hears(...topics: readonly string[]): Promise<boolean> {
    try {
      const granted = await this.client.subscribeAsync([...topics], { qos: 1 });
      return granted.every(({ qos }) => (qos as number) < 0x80);
    } catch {
      return false;
    }
  }

  /** Publish, as far as that is taken; a broker may close the connection for it. */
  async says(topic: string, text: string): Promise<void> {
    await this.client.publishAsync(topic, text, { qos: 1 }).catch(() => {});
  }

  async close(): Promise<void> {
    await this.client.endAsync(true);
  }
}

/**
 * Two agents, a manager and a stranger try what they may and what they may not.
 * @param who how somebody of a name connects
 */
async function walk(who: Who): Promise<void> {
  const clients: Client[] = [];
  const open = async (name: string) => {
    const client = await Client.open(who(name));
    clients.push(client);
    return client;
  };
  try {
    await assert.rejects(Client.open({ ...who("stranger") }), "who is not known is not let in");
    const manager = await open("manager");
    assert.ok(await manager.hears(...subscriptionsOf(null)), "the manager hears what it has to");
    const [first, second] = [await open("node-1"), await open("node-2")];
    await first.hears(`${root}/control/manager/profile/node-1`);
    // What is refused may be said at once, or by silence: so both try, and what has come is looked at in the end.
    const curious = await open("node-2");
    for (
      const topic of [
        "#",
        "m/#",
        "$MQTT/sub/#",
        "$SYS/#",
        `${root}/control/proplet/#`,
        `${root}/control/manager/profile/+`,
      ]
    ) {
      await curious.hears(topic);
    }
    const nosy = await open("node-2");
    await nosy.hears(`${root}/control/manager/profile/node-1`);
    const spying = await open("manager");
    await spying.hears("other/#");

    const publishing = async (name: string, topic: string, text: string) => {
      const client = await open(name);
      await client.says(topic, text);
    };
    for (const kind of ["task_metrics", "metrics", "events", "alive"]) {
      await first.says(`${root}/control/proplet/${kind}/node-1`, "own");
      await publishing("node-2", `${root}/control/proplet/${kind}/node-1`, "forged");
    }
    await publishing("node-2", `${root}/control/proplet/task_metrics`, "shared");
    await publishing("node-2", `${root}/metrics/proplet`, "shared");
    await publishing("node-2", `${root}/control/manager/profile/node-1`, "forged");
    await publishing("node-1", `${root}/control/manager/profile/node-1`, "own");
    await publishing("node-1", "other/topic", "x");
    await publishing("manager", `${root}/control/proplet/task_metrics/node-1`, "manager");
    await publishing("manager", `${root}/control/proplet/task_metrics/manager`, "manager");
    await manager.says(`${root}/control/manager/profile/node-1`, "order");
    await second.says(`${root}/control/proplet/task_metrics/node-2`, "last");

    const hasAll = () =>
      manager.got.has(`${root}/control/proplet/task_metrics/node-2 last`) &&
      first.got.has(`${root}/control/manager/profile/node-1 order`);
    await eventually(() => hasAll(), 20_000, () => `${[...manager.got]} | ${[...first.got]}`);
    assert.deepEqual([...manager.got].sort(), [
      `${root}/control/proplet/alive/node-1 own`,
      `${root}/control/proplet/events/node-1 own`,
      `${root}/control/proplet/metrics/node-1 own`,
      `${root}/control/proplet/task_metrics/node-1 own`,
      `${root}/control/proplet/task_metrics/node-2 last`,
    ]);
    assert.deepEqual([...first.got], [`${root}/control/manager/profile/node-1 order`]);
    for (const client of [second, curious, nosy, spying]) assert.deepEqual([...client.got], []);
  } finally {
    for (const client of clients) await client.close();
  }
}

const password = (port: number): Who => (name) => ({ port, username: name, password: `of ${name}` });

function passwords(directory: string, names: readonly string[]): string {
  const file = join(directory, "passwords");
  writeFileSync(file, names.map((name) => `${name}:of ${name}\n`).join(""), { mode: 0o600 });
  assert.equal(spawnSync("mosquitto_passwd", ["-U", file]).status, 0);
  return file;
}

/** What a server of NATS says to a client of its own protocol. */
async function natively(port: number, connect: object): Promise<string> {
  const socket = createConnection({ host: "127.0.0.1", port });
  let said = "";
  socket.on("data", (bytes) => said += bytes);
  socket.write(`CONNECT ${JSON.stringify(connect)}\r\nSUB > 1\r\nPING\r\n`);
  try {
    return await eventually(() => /PONG|-ERR/.test(said) && said);
  } finally {
    socket.destroy();
  }
}

/** Certificates of people, signed by the same as the server's. */
function certificates(directory: string): (port: number) => Who {
  makeCertificates(directory);
  const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: directory, stdio: "pipe" });
  const curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  for (const name of [...AGENTS, "manager"]) {
    openssl("req", ...curve, "-keyout", `${name}.key`, "-subj", `/CN=${name}`, "-out", `${name}.csr`);
    openssl(
      ...["x509", "-req", "-in", `${name}.csr`, "-CA", "ca.crt", "-CAkey", "ca.key", "-CAcreateserial"],
      ...["-out", `${name}.crt`, "-days", "2"],
    );
  }
  // By his own word only.
  openssl("req", "-x509", ...curve, "-keyout", "stranger.key", "-subj", "/CN=node-1", "-out", "stranger.crt");
  const read = (file: string) => readFileSync(join(directory, file));
  return (port) => (name) => ({
    ...{ port, protocol: "mqtts", ca: read("ca.crt"), cert: read(`${name}.crt`), key: read(`${name}.key`) },
  });
}

/** The lines of `mosquitto.conf` that a list names, with files of our own. */
function mosquittoLines(list: string, directory: string, acl: string): string[] {
  writeFileSync(acl, list, { mode: 0o600 });
  return list.split("\n").filter((line) => line.startsWith("#   ")).map((line) =>
    line.slice(4).replace("/etc/mosquitto", directory)
  );
}

describe("access lists", { concurrency: 1 }, () => {
  for (const agents of [[], AGENTS]) {
    const whom = agents.length === 0 ? "whoever logs in" : "agents by name";
    test(
      `Mosquitto, ${whom}, by password`,
      { ...LIMIT, skip: noMosquitto },
      () =>
        withDirectory(async (directory) => {
          passwords(directory, [...AGENTS, "manager"]);
          const list = mosquittoList({ ...WANTED, agents });
          const lines = mosquittoLines(list, directory, join(directory, "acl"));
          await using broker = await Mosquitto.start(directory, lines);
          await walk(password(broker.port));
        }),
    );
  }

  test(
    "Mosquitto, by certificate",
    { ...LIMIT, skip: noMosquitto || noOpenssl },
    () =>
      withDirectory(async (directory) => {
        const who = certificates(directory);
        const list = mosquittoList({ ...WANTED, byCertificate: true, domain: "d" });
        const files = ["cafile ca.crt", "certfile server.crt", "keyfile server.key"]
          .map((line) => line.replace(" ", ` ${directory}/`));
        const lines = [...files, ...mosquittoLines(list, directory, join(directory, "acl"))];
        await using broker = await Mosquitto.start(directory, lines);
        await walk(who(broker.port));
      }),
  );

  test(
    "Mosquitto's dynamic-security, by password",
    { ...LIMIT, skip: noMosquitto },
    () =>
      withDirectory(async (directory) => {
        const config = join(directory, "dynamic-security.json");
        const input = { input: "secret\nsecret\n", encoding: "utf8" } as const;
        const made = spawnSync("mosquitto_ctrl", ["dynsec", "init", config, "admin", "secret"], input);
        assert.equal(made.status, 0, made.stderr);
        const lines = ["allow_anonymous false", `plugin ${PLUGIN}`, `plugin_opt_config_file ${config}`];
        await using broker = await Mosquitto.start(directory, lines);
        const ctrl = [
          "mosquitto_ctrl",
          "-h",
          "127.0.0.1",
          "-p",
          String(broker.port),
          "-u",
          "admin",
          "-P",
          "secret",
        ];
        for (const name of [...AGENTS, "manager"]) {
          execFileSync(ctrl[0], [...ctrl.slice(1), "dynsec", "createClient", name, "-p", `of ${name}`]);
        }
        const script = join(directory, "access.sh");
        writeFileSync(script, dynamicSecurityScript({ ...WANTED, agents: AGENTS }));
        execFileSync("sh", [script, ...ctrl], { stdio: "pipe" });
        await walk(password(broker.port));
      }),
  );

  test("NATS, by password", { ...LIMIT, skip: noNats }, () =>
    withDirectory(async (directory) => {
      const list = natsAuthorization({ ...WANTED, agents: AGENTS }).replaceAll("THE PASSWORD OF", "of");
      await using nats = await startNats(directory, [list]);
      await walk(password(nats.port));
      // The same user, by the other port: there he could listen to what others are sent.
      const said = await natively(nats.ownPort, { user: "node-1", pass: "of node-1", verbose: true });
      assert.match(said, /^-ERR 'Authorization Violation'/m);
    }));

  test(
    "NATS, by certificate",
    { ...LIMIT, skip: noNats || noOpenssl },
    () =>
      withDirectory(async (directory) => {
        const who = certificates(directory);
        const list = natsAuthorization({ ...WANTED, agents: AGENTS, byCertificate: true });
        const file = (name: string) => JSON.stringify(join(directory, name));
        const tls = `, tls { cert_file: ${file("server.crt")}, key_file: ${file("server.key")}, ` +
          `ca_file: ${file("ca.crt")}, verify_and_map: true }`;
        await using nats = await startNats(directory, [list], tls);
        await walk(who(nats.port));
      }),
  );
});

test("a list for EMQX says that it was not tried", () => {
  assert.match(emqxList(WANTED), /^%% Not tried/);
  assert.match(
    emqxList(WANTED),
    /\{allow, all, publish, \["m\/\+\/c\/\+\/control\/proplet\/\+\/\$\{username\}"\]\}\.\n/,
  );
  assert.match(
    emqxList({ ...WANTED, agents: ["n"] }),
    /\{allow, \{user, "n"\}, subscribe, \["m.*profile\/n"\]\}\.\n/,
  );
});

describe("names that no list can hold apart are refused", () => {
  const wrong: readonly [string, Partial<AccessWanted>, RegExp][] = [
    ["a wildcard", { agents: ["a+"] }, /--agent: "a\+" has what access lists give a meaning/],
    ["a level", { agents: ["a/b"] }, /--agent/],
    ["a quote", { agents: ['a"'] }, /--agent/],
    ["another user", { agents: ["%u"] }, /--agent/],
    ["a line", { agents: ["a\nuser b"] }, /--agent: "a\\nuser b"/],
    ["nothing", { manager: "" }, /--manager/],
    ["the manager", { agents: ["manager"] }, /--agent: manager is the manager/],
    ["a channel of no domain", { channel: "c" }, /--channel: a channel needs its domain/],
    ["a domain with a wildcard", { domain: "#" }, /--domain/],
  ];
  for (const [name, more, words] of wrong) {
    test(name, () => assert.throws(() => checkAccess({ ...WANTED, ...more }), { message: words }));
  }
  test("a dot, at NATS", () => {
    assert.throws(() => natsAuthorization({ ...WANTED, agents: ["a.b"] }), { message: /"a.b" has a \./ });
  });
});
