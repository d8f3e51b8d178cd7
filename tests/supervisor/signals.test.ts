import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, test } from "node:test";
import type { ControlError } from "../../supervisor/control.ts";
import { shellProcess } from "../cli/support/supervise.ts";
import { TestSupervisor } from "./support/supervisor.ts";

const TIMEOUT = { timeout: 60_000 };

describe("a signal by hand", () => {
  // The child tells that it is ready, by what it writes; its parent waits for it again after each signal.
  const SCRIPT = `trap 'echo parent >> "$OUT"' USR1
sh -c 'trap "echo child >> \\"$OUT\\"" USR1; echo ready >> "$OUT"; while :; do sleep 0.02; done' &
while :; do wait; done`;

  test("goes to the main process, or to all of its tree, and an event tells of it", TIMEOUT, async () => {
    await using one = await TestSupervisor.start([]);
    const file = `${one.files.path}/out`;
    const written = () => {
      try {
        return readFileSync(file, "utf8").trim().split("\n");
      } catch {
        return [];
      }
    };
    const until = async (isThere: () => boolean) => {
      while (!isThere()) await new Promise((resolve) => setTimeout(resolve, 10));
    };
    const { supervisor } = one;
    await supervisor.add(shellProcess("a", `OUT=${file}\nexport OUT\n${SCRIPT}`));
    await supervisor.start("a");
    await until(() => written().includes("ready"));
    const { pid } = await supervisor.signal("a", "usr1", { tree: false });
    await until(() => written().includes("parent"));
    await supervisor.signal("a", "SIGUSR1", { tree: true });
    await until(() =>
      written().filter((line) => line === "parent").length === 2 && written().includes("child")
    );
    assert.deepEqual(written().toSorted(), ["child", "parent", "parent", "ready"]);
    const told = one.events.filter(({ kind }) => kind === "signalled");
    assert.deepEqual(told.map(({ id, pid }) => [id, pid]), [["a", pid], ["a", pid]]);
    assert.equal(told[0].reason, "SIGUSR1 to its main process, by hand");
    assert.match(told[1].reason!, /^SIGUSR1 to all \d+ of its processes, by hand$/);
  });

  test("is refused where there is no such signal, process, or nothing runs", TIMEOUT, async () => {
    await using one = await TestSupervisor.start([
      shellProcess("off", "sleep 1000", { enabled: false }),
      shellProcess("web:0", "sleep 1000", { enabled: false }),
      {
        id: "foreign",
        type: "unmanaged",
        enabled: true,
        management: { unmanaged: { discovery: { method: "port", port: 1 } } },
      },
    ]);
    const { supervisor } = one;
    const refused = async (id: string, signal: string, kind: ControlError["kind"], said: RegExp) => {
      await assert.rejects(supervisor.signal(id, signal, { tree: true }), (error: ControlError) => {
        assert.equal(error.kind, kind);
        assert.match(error.message, said);
        return true;
      });
    };
    await refused("none", "HUP", "not_found", /^there is no process "none"$/);
    await refused("forein", "HUP", "not_found", /^there is no process "forein"; did you mean "foreign"\?$/);
    await refused(
      "web",
      "HUP",
      "not_found",
      /^there is no process "web"; it has instances, such as "web:0"$/,
    );
    await refused("off", "LOUD", "invalid", /^signal: there is none called "LOUD"/);
    await refused("off", "HUP", "conflict", /^off: it is disabled, and nothing of it runs$/);
    await refused("foreign", "HUP", "conflict", /^foreign: it is unmanaged/);
    assert.ok(!one.events.some(({ kind }) => kind === "signalled"));
  });
});
