/* `proctor supervise` and `proctor ctl` on Windows, end to end. */
import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, test } from "node:test";
import { eventually } from "../support/eventually.ts";
import { isHeld, proctor, PROGRAM, startProctor, withDirectory } from "./support/programs.ts";

const LONG = "120000";

interface Status {
  readonly state: string;
  readonly pid: number | null;
  readonly restarts: number;
  readonly reason: string | null;
}

/** A supervisor in a directory, and how it is asked. */
class Supervised {
  readonly child: ChildProcess;
  readonly ended: Promise<number | null>;
  said = "";

  /** @param args what stands behind the verb */
  constructor(readonly directory: string, ...args: readonly string[]) {
    this.child = startProctor(["supervise", ...args], { LOCALAPPDATA: directory });
    // Wine has what is left in the background keep our outputs open.
    const event = args.includes("--detach") ? "exit" : "close";
    this.ended = once(this.child, event).then(([code]) => code);
    this.child.stderr!.on("data", (piece) => this.said += piece);
  }

  async isUp(): Promise<void> {
    await eventually(() => this.said.includes("the API is at"), 60_000, () => this.said);
  }

  ctl(...args: readonly string[]) {
    return proctor(["ctl", ...args], { env: { LOCALAPPDATA: this.directory } });
  }

  async status(id: string): Promise<Status> {
    const { stdout, stderr } = await this.ctl("status", "--json");
    const found = JSON.parse(stdout.toString()).find((one: { id: string }) => one.id === id);
    assert.ok(found, stderr);
    return found;
  }

  async comesTo(id: string, is: (status: Status) => boolean): Promise<void> {
    await eventually(async () => is(await this.status(id)), 60_000, () => this.said);
  }

  async shutDown(): Promise<void> {
    const { code, stderr } = await this.ctl("shutdown");
    assert.equal(code, 0, stderr);
    assert.equal(await this.ended, 0, this.said);
  }
}

/** Lend a supervisor of these processes, with its state where it is by default. */
async function supervising(
  processes: Record<string, unknown>,
  use: (supervised: Supervised, directory: string) => Promise<void>,
): Promise<void> {
  await withDirectory(async (directory) => {
    const config = join(directory, "proctor.yaml");
    // JSON is YAML, too.
    writeFileSync(config, JSON.stringify({ processes }));
    const supervised = new Supervised(directory, "--config", config);
    try {
      await supervised.isUp();
      await use(supervised, directory);
    } finally {
      supervised.child.kill();
      await supervised.ended;
    }
  });
}

describe("supervise on Windows", { timeout: 600_000 }, () => {
  test("keeps processes running, and is asked by ctl", async () => {
    await withDirectory(async (place) => {
      const file = join(place, "held");
      const processes = {
        web: { command: [PROGRAM, "hold", file, LONG] },
        talk: { command: [PROGRAM, "say", "hello", "oops"], restart: "never" },
      };
      await supervising(processes, async (supervised, directory) => {
        await eventually(() => isHeld(file), 60_000, () => supervised.said);
        await supervised.comesTo("talk", ({ state }) => state === "stopped");
        const { stdout } = await supervised.ctl("logs", "talk");
        assert.match(stdout.toString(), /^\S+Z stdout \| hello\r\n\S+Z stderr \| oops\r\n$/);
        const { pid } = await supervised.status("web");
        assert.equal(readFileSync(join(directory, "proctor", "proctor", "web.pid"), "utf8"), `${pid}\n`);
        assert.equal((await supervised.ctl("restart", "web")).code, 0);
        const again = await supervised.status("web");
        assert.deepEqual([again.state, again.restarts, again.pid === pid], ["running", 1, false]);
        assert.equal((await supervised.ctl("stop", "web")).code, 0);
        assert.equal(isHeld(file), false);
        assert.equal((await supervised.ctl("start", "web")).code, 0);
        await eventually(() => isHeld(file), 60_000, () => supervised.said);
        await supervised.shutDown();
        assert.equal(isHeld(file), false);
        assert.equal(existsSync(join(directory, "proctor", "proctor.sock")), false);
        const { code, stderr } = await supervised.ctl("status");
        assert.match(
          stderr,
          /^proctor: no supervisor listens at ".*\\proctor\\proctor\.sock"; start one .*\n$/,
        );
        assert.equal(code, 125);
      });
    });
  });

  test("starts anew what crashes, and what takes more memory than it may", async () => {
    const processes = {
      crashes: { command: [PROGRAM, "exit", "3"], restart: "always" },
      big: { command: [PROGRAM, "alloc", "80", LONG], limits: { memory: { max: "40M", policy: "restart" } } },
    };
    await supervising(processes, async (supervised) => {
      for (const id of ["crashes", "big"]) await supervised.comesTo(id, ({ restarts }) => restarts >= 1);
      assert.match(supervised.said, /crashes: running → backoff: it ended with exit code 3/);
      assert.match(supervised.said, /big: memory: \S+, above the limit of 40M/);
      await supervised.shutDown();
    });
  });

  test("starts anew what is not healthy any more", async () => {
    await withDirectory(async (place) => {
      const file = join(place, "sick");
      const health = {
        type: "exec",
        exec: { command: ["cmd", "/d", "/c", `if exist ${file} exit 1`] },
        interval: "200ms",
        failure_threshold: 2,
      };
      await supervising({ sick: { command: [PROGRAM, "sleep", LONG], health } }, async (supervised) => {
        await supervised.comesTo("sick", ({ state }) => state === "running");
        writeFileSync(file, "");
        await eventually(
          () => /sick: running → stopping/.test(supervised.said),
          60_000,
          () => supervised.said,
        );
        await supervised.shutDown();
      });
    });
  });

  test("sets its logs aside while they are written", async () => {
    const rotation = { max_size: "16K", max_files: 20, compress: false };
    const count = 600;
    const line = "for /l %i in (1,1,600) do @echo line %i " + "a".repeat(100);
    const logs = { outputs: { combined: [{ type: "file", path: "{process_id}.log", rotation }] } };
    const processes = {
      chatty: { command: ["cmd", "/d", "/c", line], restart: "never", log_collection: logs },
    };
    await supervising(processes, async (supervised, directory) => {
      await supervised.comesTo("chatty", ({ state }) => state === "stopped");
      await supervised.shutDown();
      const place = join(directory, "proctor", "logs");
      const names = readdirSync(place).filter((name) => name.startsWith("chatty"));
      assert.ok(names.length >= 4, names.join());
      const text = names.map((name) => readFileSync(join(place, name), "utf8")).join("");
      const numbers = [...text.matchAll(/line (\d+) a{100}/g)].map(([, number]) => Number(number));
      assert.deepEqual(
        numbers.sort((one, other) => one - other),
        Array.from({ length: count }, (_, index) => index + 1),
      );
    });
  });

  test("takes its processes with it when it is killed, and another one takes its place", async () => {
    await withDirectory(async (place) => {
      const file = join(place, "held");
      const processes = { web: { command: [PROGRAM, "tree", file, LONG] } };
      await supervising(processes, async (supervised, directory) => {
        await eventually(() => isHeld(file), 60_000, () => supervised.said);
        const second = new Supervised(directory, "--config", join(directory, "proctor.yaml"));
        assert.equal(await second.ended, 125);
        assert.match(
          second.said,
          new RegExp(
            `^proctor: another supervisor \\(PID ${supervised.child.pid}\\) has the state directory `,
          ),
        );
        supervised.child.kill();
        await supervised.ended;
        await eventually(() => !isHeld(file), 60_000, () => "it has outlived its supervisor");
        const next = new Supervised(directory, "--config", join(directory, "proctor.yaml"));
        await next.isUp();
        await eventually(() => isHeld(file), 60_000, () => next.said);
        await next.shutDown();
        assert.equal(isHeld(file), false);
      });
    });
  });

  test("goes into the background", async () => {
    await withDirectory(async (directory) => {
      const file = join(directory, "held");
      const started = new Supervised(directory, "--detach", "--", PROGRAM, "hold", file, LONG);
      let printed = "";
      started.child.stdout!.on("data", (piece) => printed += piece);
      assert.equal(await started.ended, 0, started.said);
      await eventually(() => printed.includes("proctor ctl shutdown ends it"), 60_000, () => printed);
      await eventually(() => isHeld(file), 60_000);
      assert.equal((await started.ctl("shutdown")).code, 0);
      await eventually(() => !isHeld(file), 60_000);
    });
  });

  test("refuses what Windows does not have", async () => {
    await withDirectory(async (directory) => {
      const refused = async (...args: string[]) => {
        const supervised = new Supervised(directory, ...args, "--", PROGRAM, "exit", "0");
        assert.equal(await supervised.ended, 125, supervised.said);
        return supervised.said;
      };
      assert.equal(
        await refused("--detach-on-exit"),
        "proctor: detachOnExit: on this system processes end with their supervisor: none can be left running\n",
      );
      const full = join(directory, "full");
      mkdirSync(full);
      writeFileSync(join(full, "letter.txt"), "dear");
      assert.match(
        await refused("--state-dir", full),
        /^proctor: the state directory .* cannot be used: other files are in it, so that its access list is not ours/,
      );
      const named = join(directory, "named");
      writeFileSync(named, "dear");
      assert.match(
        await refused("--socket", named),
        /"[^"]*named" is there and names no pipe; give another path\n$/,
      );
      assert.equal(readFileSync(named, "utf8"), "dear");
    });
  });
});
