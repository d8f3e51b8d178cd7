/* What is told of each process's sockets, against the bytes that went through them. */
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { createServer } from "node:net";
import type { AddressInfo, Server } from "node:net";
import process from "node:process";
import { describe, test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { LinuxProcessTraffic } from "../../../../platform/linux/sockets/process_traffic.ts";

const BYTES = 1_000_000;
const PATIENCE_MS = 60_000;

/**
 * Connects, says who it is, and for each number that it reads sends so many bytes; the connection stays. At an empty
 * line it hands it down to a child, and is gone.
 */
const CLIENT = `
use IO::Socket::INET;
if (fork) { wait; sleep 300; exit }
my $socket = IO::Socket::INET->new(PeerAddr => "127.0.0.1", PeerPort => $ARGV[0], Proto => "tcp") or die;
$| = 1; print "$$\\n";
while (<STDIN>) {
  if (/^$/) { exit if fork; print "$$\\n"; next }
  print $socket "x" x $_; $socket->flush;
}
`;

/** A server that counts what it gets, and a client in a process of its own. */
class Talk implements AsyncDisposable {
  readonly #server: Server;
  #client!: ChildProcess;
  pid = NaN;
  received = 0;

  private constructor() {
    this.#server = createServer((socket) => {
      socket.on("data", (piece) => this.received += piece.length);
      socket.on("error", () => {});
    });
  }

  static async begin(): Promise<Talk> {
    const talk = new Talk();
    talk.#server.listen(0, "127.0.0.1");
    await once(talk.#server, "listening");
    const { port } = talk.#server.address() as AddressInfo;
    talk.#client = spawn("perl", ["-e", CLIENT, String(port)], { stdio: ["pipe", "pipe", "inherit"] });
    await talk.#learnPid();
    return talk;
  }

  /** The connection is another process's from now on. */
  async handDown(): Promise<void> {
    const before = this.pid;
    this.#client.stdin!.write("\n");
    await this.#learnPid();
    for (const end = Date.now() + PATIENCE_MS; existsSync(`/proc/${before}`); await sleep(5)) {
      assert.ok(Date.now() < end, "it is still there");
    }
  }

  async send(bytes: number): Promise<void> {
    const whole = this.received + bytes;
    this.#client.stdin!.write(`${bytes}\n`);
    for (const end = Date.now() + PATIENCE_MS; this.received < whole; await sleep(5)) {
      assert.ok(Date.now() < end, `${this.received} of ${whole} bytes have come`);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    process.kill(this.pid, "SIGKILL");
    this.#client.kill("SIGKILL");
    if (this.#client.exitCode === null && this.#client.signalCode === null) await once(this.#client, "exit");
    this.#server.close();
  }

  async #learnPid(): Promise<void> {
    const [printed] = await once(this.#client.stdout!, "data");
    this.pid = Number(printed);
  }
}

/** Adds up rates, by a clock of the test: a second from look to look. */
class Looks {
  #nowMs = 0;
  #settledMs = 0;
  /** When each process was among those looked at for the first time. */
  readonly #sinceMs = new Map<number, number>();
  #lists = 0;

  constructor(readonly traffic: LinuxProcessTraffic) {}

  /** Look until it is told that a process has sent, or received, so many bytes more; how many it was. */
  async until(pids: readonly number[], pid: number, what: "rx" | "tx", bytes: number): Promise<number> {
    let sum = 0;
    for (const end = Date.now() + PATIENCE_MS; sum < bytes && Date.now() < end; await sleep(5)) {
      this.look(pids, (secondsOf) => {
        const rate = what === "rx" ? this.traffic.rxBytesPerSecond(pid) : this.traffic.txBytesPerSecond(pid);
        sum += (Number.isNaN(rate) ? 0 : rate) * secondsOf(pid);
      });
    }
    return Math.round(sum);
  }

  /** @param settled called where rates are new, with what tells the seconds that those of a process are of */
  look(pids: readonly number[], settled: (secondsOf: (pid: number) => number) => void = () => {}): void {
    this.#nowMs += 1_000;
    for (const pid of pids) if (!this.#sinceMs.has(pid)) this.#sinceMs.set(pid, this.#nowMs);
    this.traffic.look(pids.map((pid) => ({ pid, birth: 1 })), this.#nowMs);
    const { listCount } = this.traffic.index;
    if (listCount === this.#lists) return;
    this.#lists = listCount;
    settled((pid) => (this.#nowMs - Math.max(this.#settledMs, this.#sinceMs.get(pid)!)) / 1_000);
    this.#settledMs = this.#nowMs;
  }
}

function open(): LinuxProcessTraffic {
  const traffic = LinuxProcessTraffic.open();
  if (typeof traffic === "string") throw new Error(traffic);
  return traffic;
}

describe("the traffic of each process", () => {
  test("is what went through its connections since then, to the byte", { timeout: 120_000 }, async () => {
    await using talk = await Talk.begin();
    // Before anybody looks.
    await talk.send(BYTES);
    const traffic = open();
    try {
      const looks = new Looks(traffic);
      const pids = [process.pid, talk.pid];
      looks.look(pids);
      await talk.send(BYTES);
      assert.equal(await looks.until(pids, talk.pid, "tx", BYTES), BYTES);
      await talk.send(3 * BYTES);
      assert.equal(await looks.until(pids, process.pid, "rx", 3 * BYTES), 3 * BYTES);
      // Nothing more, and nothing the other way.
      let settled = 0;
      for (const end = Date.now() + PATIENCE_MS; settled < 3; await sleep(5)) {
        assert.ok(Date.now() < end, "no rates are made");
        looks.look(pids, () => {
          settled++;
          assert.deepEqual([traffic.txBytesPerSecond(talk.pid), traffic.rxBytesPerSecond(talk.pid)], [0, 0]);
        });
      }
    } finally {
      traffic.close();
    }
  });

  test("has connections that came later, whole", { timeout: 120_000 }, async () => {
    const traffic = open();
    try {
      const looks = new Looks(traffic);
      looks.look([process.pid]);
      await using talk = await Talk.begin();
      await talk.send(BYTES);
      const pids = [process.pid, talk.pid];
      assert.equal(await looks.until(pids, talk.pid, "tx", BYTES), BYTES);
    } finally {
      traffic.close();
    }
  });

  test("has of a connection that is handed down what came after", { timeout: 120_000 }, async () => {
    const traffic = open();
    try {
      const looks = new Looks(traffic);
      looks.look([process.pid]);
      await using talk = await Talk.begin();
      const before = [process.pid, talk.pid];
      await talk.send(5 * BYTES);
      assert.equal(await looks.until(before, talk.pid, "tx", 5 * BYTES), 5 * BYTES);
      await talk.handDown();
      const after = [process.pid, talk.pid];
      looks.look(after);
      await talk.send(BYTES);
      assert.equal(await looks.until(after, talk.pid, "tx", BYTES), BYTES);
    } finally {
      traffic.close();
    }
  });

  test("is not known of whom we cannot look into, nor of nobody", () => {
    const traffic = open();
    try {
      const nobody = 2 ** 22 - 1;
      for (const nowMs of [1_000, 2_000]) traffic.look([{ pid: nobody, birth: 1 }], nowMs);
      for (const pid of [nobody, 12_345_678]) {
        assert.deepEqual([traffic.rxBytesPerSecond(pid), traffic.txBytesPerSecond(pid)], [NaN, NaN]);
      }
    } finally {
      traffic.close();
    }
  });
});
