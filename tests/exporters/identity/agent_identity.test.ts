/* Which agent it is: of what, in which order, and what stays when a host is renamed. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import {
  chmodSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import process from "node:process";
import { describe, test } from "node:test";
import fc from "fast-check";
import { ProctorError } from "../../../core/error.ts";
import { agentIdentity } from "../../../exporters/identity/agent_identity.ts";
import type { AgentIdentity, IdentityOptions } from "../../../exporters/identity/agent_identity.ts";
import { idOfContainer, idOfMachine } from "../../../exporters/identity/derived_id.ts";
import { keepNewId, keptId } from "../../../exporters/identity/kept_id.ts";
import { linuxHost } from "../../../platform/linux/machine/host_source.ts";
import { withDirectory } from "../../cli/support/directory.ts";

const MACHINE = "3d1219c7c4c5404aaa1f6d2a48adfda4";
const APPLICATION = "73b76d40327a4268a70f869cd94f135a";
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

interface Found extends AgentIdentity {
  readonly notices: readonly string[];
}

/** Files of a machine below a directory, and what comes of them. */
async function identityOf(
  root: string,
  files: Readonly<Record<string, string>>,
  options: Partial<IdentityOptions> = {},
): Promise<Found> {
  const all = {
    "proc/sys/kernel/hostname": "node-1\n",
    "proc/sys/kernel/random/boot_id": "boot-1\n",
    ...files,
  };
  for (const [path, text] of Object.entries(all)) {
    mkdirSync(`${root}/${path}`.replace(/\/[^/]*$/, ""), { recursive: true });
    writeFileSync(`${root}/${path}`, text);
  }
  const host = linuxHost({ proc: `${root}/proc`, sys: `${root}/sys`, files: root });
  const notices: string[] = [];
  const notice = (line: string) => void notices.push(line);
  const directory = `${root}/state/proctor`;
  return {
    ...await agentIdentity({ variables: {}, isMade: true, notice, host, directory, ...options }),
    notices,
  };
}

const refusal = async (asked: Promise<unknown>): Promise<string> => {
  const error = await asked.then(() => assert.fail("it is accepted"), (reason) => reason);
  assert.ok(error instanceof ProctorError && error.kind === "usage", String(error));
  return error.message;
};

describe("an ID made of a machine's", () => {
  test("is that of sd_id128_get_machine_app_specific, and does not show the machine's", () => {
    assert.equal(idOfMachine(MACHINE), "83003a84-b36f-4a2f-baea-ddd1f88fd750");
    fc.assert(fc.property(fc.stringMatching(/^[0-9a-f]{32}$/), fc.string(), (id, name) => {
      assert.match(idOfMachine(id), UUID);
      assert.match(idOfContainer(id, name), UUID);
      assert.equal(idOfContainer(id, name) === idOfMachine(id), name === "");
    }));
  });

  const asked = spawnSync("systemd-id128", ["machine-id", `--app-specific=${APPLICATION}`], {
    encoding: "utf8",
  });
  test("is what systemd says of this machine", {
    skip: asked.status === 0 ? false : "systemd-id128 or a machine ID is missing",
  }, () => {
    const own = linuxHost().identity().machineId!;
    assert.equal(idOfMachine(own).replaceAll("-", ""), asked.stdout.trim());
  });
});

describe("an agent's identity", { concurrency: 1 }, () => {
  test("is that of the machine, whatever it is called, and nothing is written for it", async () => {
    await withDirectory(async (root) => {
      const first = await identityOf(root, { "etc/machine-id": `${MACHINE}\n` });
      assert.deepEqual(first, { id: idOfMachine(MACHINE), source: "machine", bootId: "boot-1", notices: [] });
      const renamed = await identityOf(root, { "proc/sys/kernel/hostname": "other\n" });
      assert.equal(renamed.id, first.id);
      assert.ok(!readdirSync(root).includes("state"));
    });
  });

  test("in containers that share a machine's ID is told apart by their names", async () => {
    const files = { "etc/machine-id": MACHINE, ".dockerenv": "" };
    const of = (more: Record<string, string>) =>
      withDirectory((root) => identityOf(root, { ...files, ...more }));
    const one = await of({ "proc/sys/kernel/hostname": "a1b2c3\n" });
    const other = await of({ "proc/sys/kernel/hostname": "d4e5f6\n" });
    assert.deepEqual([one.source, other.source], ["container", "container"]);
    assert.equal(new Set([one.id, other.id, idOfMachine(MACHINE)]).size, 3);
    assert.equal((await of({ "proc/sys/kernel/hostname": "a1b2c3\n" })).id, one.id);
    // What is a machine of its own has an ID of its own.
    assert.equal((await of({ "run/systemd/container": "lxc\n" })).id, idOfMachine(MACHINE));
  });

  for (const none of ["uninitialized\n", "", "0".repeat(32), "not hexadecimal"]) {
    test(`where the machine's is ${JSON.stringify(none)} is made once, and kept`, async () => {
      await withDirectory(async (root) => {
        const first = await identityOf(root, { "etc/machine-id": none });
        assert.match(first.id!, UUID);
        assert.deepEqual([first.source, first.notices], ["file", []]);
        const path = `${root}/state/proctor/agent-id`;
        assert.equal(readFileSync(path, "utf8"), `${first.id}\n`);
        assert.equal(statSync(path).mode & 0o777, 0o600);
        const renamed = await identityOf(root, { "proc/sys/kernel/hostname": "other\n" });
        assert.deepEqual([renamed.id, renamed.source], [first.id, "file"]);
        assert.deepEqual(readdirSync(`${root}/state/proctor`), ["agent-id"]);
      });
    });
  }

  test("that D-Bus keeps is the machine's as well", async () => {
    await withDirectory(async (root) => {
      const found = await identityOf(root, { "var/lib/dbus/machine-id": `${MACHINE}\n` });
      assert.deepEqual([found.id, found.source], [idOfMachine(MACHINE), "machine"]);
    });
  });

  test("is by a setting, or a variable, or a file, before it is the machine's", async () => {
    await withDirectory(async (root) => {
      const files = { "etc/machine-id": MACHINE, "state/proctor/agent-id": "line 7\n" };
      const variables = { PROCTOR_AGENT_ID: "from-env" };
      const kept = await identityOf(root, files);
      assert.deepEqual([kept.id, kept.source], ["line 7", "file"]);
      const set = await identityOf(root, files, { variables });
      assert.deepEqual([set.id, set.source], ["from-env", "setting"]);
      assert.equal((await identityOf(root, files, { variables, given: "given" })).id, "given");
    });
  });

  test("that can be kept nowhere is one until the end, which is told; a run makes none", async () => {
    await withDirectory(async (root) => {
      writeFileSync(`${root}/state`, "in the way");
      const found = await identityOf(root, {});
      assert.match(found.id!, UUID);
      assert.equal(found.source, "none");
      assert.equal(found.notices.length, 1);
      assert.match(
        found.notices[0],
        /^agent_id: the machine has no ID, and none can be kept \(.*\/state\/proctor\/agent-id: .*\); this one is used/,
      );
      const run = await identityOf(root, {}, { isMade: false });
      assert.deepEqual([run.id, run.source, run.notices], [null, "none", []]);
      const homeless = await identityOf(root, {}, { directory: null });
      assert.match(homeless.notices[0], /\(there is no state directory\)/);
    });
  });

  test("that somebody else could have set, or that is none, is refused in a line", async () => {
    await withDirectory(async (root) => {
      const path = `${root}/state/proctor/agent-id`;
      for (const bad of ["", "a/b\n", "two\nlines\n", "a#\n", "x\0\n"]) {
        const said = await refusal(identityOf(root, { "state/proctor/agent-id": bad }));
        assert.equal(said, `agent_id: ${path} holds no agent ID; write one line without /, + and #`);
      }
      chmodSync(path, 0o666);
      assert.equal(
        await refusal(identityOf(root, {})),
        `agent_id: cannot use ${path}: others may write to it`,
      );
      const variables = { PROCTOR_AGENT_ID: "a/b" };
      assert.match(
        await refusal(identityOf(root, {}, { variables })),
        /^PROCTOR_AGENT_ID: "a\/b" is not a name of a topic; write one without/,
      );
    });
  });

  test("behind a symbolic link is not followed", async () => {
    await withDirectory(async (root) => {
      mkdirSync(`${root}/state/proctor`, { recursive: true });
      writeFileSync(`${root}/elsewhere`, "theirs\n");
      symlinkSync(`${root}/elsewhere`, `${root}/state/proctor/agent-id`);
      assert.match(await refusal(identityOf(root, {})), /: it is a symbolic link$/);
    });
  });

  test("of two that begin at once is the same", async () => {
    await withDirectory((root) => {
      const path = `${root}/proctor/agent-id`;
      const first = keepNewId(path);
      assert.equal(keepNewId(path), first);
      assert.equal(keptId(path), first);
      assert.deepEqual(readdirSync(`${root}/proctor`), ["agent-id"]);
      return Promise.resolve();
    });
  });
});

test(
  "this machine tells which boot it is in",
  { skip: process.platform !== "linux" && "it is not a Linux" },
  () => {
    assert.match(linuxHost().identity().bootId!, /^[0-9a-f-]{36}$/);
  },
);
