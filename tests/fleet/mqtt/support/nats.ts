/* A real NATS of our own, with JetStream: its MQTT is 3.1.1. */
import { spawn, spawnSync } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { freePort } from "../../../support/free_port.ts";

/** Where Debian puts it, which is not in everybody's PATH. */
const SERVER = "/usr/sbin/nats-server";

/** Why there is no NATS here; false when there is one. */
export const noNats: string | false = spawnSync(SERVER, ["--version"]).error
  ? "the package nats-server is missing"
  : false;

/** A message waits so long for its acknowledgement until it comes again; without it 30 seconds. */
const ACK_WAIT = "1s";

/** A server that is gone at the end. */
export interface Nats extends AsyncDisposable {
  /** Of MQTT. */
  readonly port: number;
  /** Of its own protocol. */
  readonly ownPort: number;
}

/** Start one. @param directory of its own @param more lines of its configuration @param mqtt more of its block mqtt */
export async function startNats(directory: string, more: readonly string[] = [], mqtt = ""): Promise<Nats> {
  return await startNode(directory, "proctor", more, mqtt);
}

/** Start three that are one, each in a directory of its own: whatever is kept is kept by all of them. */
export async function startNatsCluster(directory: string, ackWait = ACK_WAIT): Promise<readonly Nats[]> {
  const routes: number[] = [];
  for (const _ of [1, 2, 3]) routes.push(await freePort());
  const urls = routes.map((port) => `nats-route://127.0.0.1:${port}`).join(", ");
  return await Promise.all(routes.map((port, at) => {
    const own = `${directory}/node-${at}`;
    mkdirSync(own);
    const cluster = `cluster { name: proctor, listen: "127.0.0.1:${port}", routes: [${urls}] }`;
    // Until they have a leader nothing is kept.
    return startNode(own, `node-${at}`, [cluster], "", ackWait, /JetStream cluster (?:new )?metadata leader/);
  }));
}

async function startNode(
  directory: string,
  name: string,
  more: readonly string[],
  mqtt = "",
  ackWait = ACK_WAIT,
  isReady = /Server is ready/,
): Promise<Nats> {
  const [port, own] = [await freePort(), await freePort()];
  const configuration = [
    `server_name: ${name}`,
    `listen: 127.0.0.1:${own}`,
    `jetstream { store_dir: ${JSON.stringify(directory)} }`,
    `mqtt { listen: "127.0.0.1:${port}", ack_wait: "${ackWait}", max_ack_pending: 1000 ${mqtt}}`,
    ...more,
    "",
  ];
  writeFileSync(`${directory}/nats.conf`, configuration.join("\n"));
  const child: ChildProcess = spawn(SERVER, ["-c", `${directory}/nats.conf`], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
  await new Promise<void>((resolve, reject) => {
    let log = "";
    child.stderr!.on("data", (bytes) => {
      log += bytes;
      if (isReady.test(log)) resolve();
    });
    child.on("close", () => reject(new Error(`nats-server does not start:\n${log}`)));
  });
  return {
    port,
    ownPort: own,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
