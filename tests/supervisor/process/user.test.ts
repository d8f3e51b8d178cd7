import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { SupervisorProgram } from "../support/program.ts";

const UID = 61_234;
const PASSWD = `root:x:0:0:root:/root:/bin/bash
app:x:${UID}:61300:An app:/srv/app home:/usr/bin/nologin
bare:x:61235:61300:::
`;
const GROUP = `root:x:0:
app:x:61300:
video:x:61301:other,app
logs:x:61302:app
others:x:61303:other
`;
const noNamespace = (() => {
  try {
    execFileSync("unshare", ["-m", "true"], { stdio: "ignore" });
    return false;
  } catch {
    return "needs a mount namespace (root, unshare)";
  }
})();

/** A supervisor on a machine whose users are those above, and a directory that anybody may write to. */
class Machine implements AsyncDisposable {
  readonly program = new SupervisorProgram();
  readonly shared = mkdtempSync(join(tmpdir(), "proctor-u-"));

  constructor() {
    chmodSync(this.shared, 0o777);
    const passwd = this.program.files.write("passwd", PASSWD);
    const group = this.program.files.write("group", GROUP);
    const script = `mount --bind ${passwd} /etc/passwd && mount --bind ${group} /etc/group && exec "$@"`;
    this.program.prefix = ["unshare", "-m", "sh", "-c", script, "sh"];
  }

  /** What a command says there. */
  output(...command: string[]): string {
    const [program, ...rest] = [...this.program.prefix, ...command];
    return execFileSync(program, rest, { encoding: "utf8" }).trim();
  }

  /** What somebody has written to the shared directory, once he has. */
  told(name: string): Promise<string> {
    const path = join(this.shared, name);
    return this.program.until(
      `${name} is written`,
      () => existsSync(path) && readFileSync(path, "utf8").trim(),
    );
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.program[Symbol.asyncDispose]();
    rmSync(this.shared, { recursive: true, force: true });
  }
}

const shell = (id: string, line: string, control: object = {}, management: object = {}) => ({
  id,
  management: {
    control: { executable: "sh", arguments: ["-c", line], working_directory: "/", ...control },
    ...management,
  },
});

const words = (text: string) => text.trim().split(/\s+/).sort();

describe("a service that runs as another user", () => {
  test(
    "has all of the account: groups, home, names, shell",
    { skip: noNamespace, timeout: 90_000 },
    async () => {
      await using machine = new Machine();
      const { program, shared } = machine;
      const tell = (name: string) =>
        `{ id -u; id -g; id -G; echo "$HOME|$USER|$LOGNAME|$SHELL"; } > ${shared}/${name}.new; ` +
        `mv ${shared}/${name}.new ${shared}/${name}; exec sleep 1000`;
      program.configure([
        shell("named", tell("named"), { user: "app" }),
        shell("numbered", tell("numbered"), { user: UID }),
        shell("grouped", tell("grouped"), { user: "app", group: "others" }),
        shell("chosen", tell("chosen"), {
          user: "app",
          environment: { HOME: "/elsewhere", SHELL: "/bin/zsh" },
        }),
        shell("bare", tell("bare"), { user: "bare" }),
        shell("nobody", tell("nobody"), { user: 61_999, group: 61_998 }),
        shell("none", "exit", { user: "absent", restart_policy: "never" }),
      ]);
      await program.start();
      const groups = words(machine.output("id", "-G", "app"));
      assert.deepEqual(groups, ["61300", "61301", "61302"], "the machine knows of the groups");
      for (const id of ["named", "numbered"]) {
        const [uid, gid, list, variables] = (await machine.told(id)).split("\n");
        assert.deepEqual([uid, gid, words(list)], [String(UID), "61300", groups], id);
        assert.equal(variables, "/srv/app home|app|app|/usr/bin/nologin", id);
      }
      const [, gid, list] = (await machine.told("grouped")).split("\n");
      assert.deepEqual([gid, words(list)], ["61303", ["61301", "61302", "61303"]]);
      assert.equal((await machine.told("chosen")).split("\n")[3], "/elsewhere|app|app|/bin/zsh");
      assert.equal((await machine.told("bare")).split("\n")[3], "/|bare|bare|/bin/sh");
      assert.deepEqual((await machine.told("nobody")).split("\n"), [
        "61999",
        "61998",
        "61998",
        "/|61999|61999|/bin/sh",
      ]);
      const failed = await program.until(
        "it has failed",
        async () => (await program.status()).find(({ id, state }) => id === "none" && state === "failed"),
      );
      assert.match(failed.reason ?? "", /there is no user "absent"/);
    },
  );

  for (const mode of ["file", "pipe"]) {
    test(`may open its streams anew (${mode})`, { skip: noNamespace, timeout: 90_000 }, async () => {
      await using machine = new Machine();
      const { program } = machine;
      const line =
        "for i in 1 2 3; do echo out$i >> /dev/stdout; echo err$i >> /dev/stderr; done; exec sleep 1000";
      program.configure([shell("web", line, { user: "app", log_collection: { mode } })]);
      await program.start();
      const log = await program.until("its lines are there", () => {
        const text = readFileSync(join(program.base, "logs", "web.log"), "utf8");
        return text.includes("out3") && text.includes("err3") && text;
      });
      const said = [...log.matchAll(/(?:out|err)\d/g)].map(String).sort();
      assert.deepEqual(said, ["err1", "err2", "err3", "out1", "out2", "out3"], log);
      assert.ok(!/denied/.test(log), log);
    });
  }

  test("has its probes and hooks run as it, or as another that is named", {
    skip: noNamespace,
    timeout: 90_000,
  }, async () => {
    await using machine = new Machine();
    const { program, shared } = machine;
    // The hook runs in the directory of the configuration, which its user has to be able to enter.
    chmodSync(program.files.path, 0o711);
    const touch = (
      name: string,
    ) => ["sh", "-c", `id -G > ${shared}/${name}.$$; mv ${shared}/${name}.$$ ${shared}/${name}`];
    const until = (name: string) => `until [ -e ${shared}/${name} ]; do sleep 0.05; done`;
    const check = (name: string, more: object = {}) => ({
      type: "exec",
      interval: "200ms",
      exec: { command: touch(name), ...more },
    });
    program.configure(
      [
        // They end when they were asked.
        shell("own", until("own-stop"), {
          user: "app",
          stop_request: { type: "exec", exec: { command: touch("own-stop") } },
        }, { health_check: check("own-health"), readiness_check: check("own-ready", { user: "bare" }) }),
        shell("other", until("other-stop"), {
          user: "app",
          stop_request: { type: "exec", exec: { command: touch("other-stop"), user: 0 } },
        }, { health_check: check("other-health", { user: "root" }) }),
      ],
      { on_event: { command: touch("event"), user: "app" } },
    );
    await program.start();
    for (const name of ["own-health", "own-ready", "other-health", "event"]) await machine.told(name);
    assert.equal(await program.stop(), 0);
    const owner = (name: string) => statSync(join(shared, name)).uid;
    assert.deepEqual(
      ["own-health", "own-ready", "own-stop", "other-health", "other-stop", "event"].map(owner),
      [UID, 61_235, UID, 0, 0, UID],
    );
    assert.deepEqual(words(await machine.told("own-health")), ["61300", "61301", "61302"], "groups as well");
  });
});
