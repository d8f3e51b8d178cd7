import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ConfigError } from "../../../config/fault.ts";
import { loadConfig } from "../../../supervisor/config/load.ts";
import { loadEntry } from "../../../supervisor/config/load_entry.ts";
import { scratch } from "../support/files.ts";
import { TestSupervisor } from "../support/supervisor.ts";

function load(text: string, variables: Record<string, string> = {}) {
  using files = scratch();
  return loadConfig(files.write("proctor.yaml", text), { variables }).definitions;
}

function faultsOf(read: () => unknown): string[] {
  try {
    read();
  } catch (error) {
    assert.ok(error instanceof ConfigError, String((error as Error).stack));
    return error.lines.map((line) =>
      line.replace(/^.*?proctor\.yaml:/, "").replace(/\(\S*proctor/, "(proctor")
    );
  }
  assert.fail("expected faults, found none");
}

describe("instances", () => {
  test("are processes of their own, each with its number and its port", () => {
    const all = load(
      `
processes:
  web:
    command: serve --port \${PROCTOR_PORT} \${OWN}
    instances: \${N:-2}
    port: 3000
    env: { NAME: "web \${PROCTOR_INSTANCE}" }
    ready: http://127.0.0.1:\${PROCTOR_PORT}/
  after: { command: x, depends_on: { web: healthy }, port: 80 }
managed_processes:
  - { id: old, instances: 1, management: { control: { executable: x } }, depends_on: [after] }
`,
      { OWN: "${PROCTOR_PORT}" },
    );
    const told = all.map(({ id, launch, dependsOn, readinessCheck }) => [
      id,
      launch!.command.join(" "),
      launch!.environment,
      [...dependsOn].join(" "),
      readinessCheck?.target.http?.url,
    ]);
    const env = (number: number) => ({
      PROCTOR_INSTANCE: `${number}`,
      PROCTOR_PORT: `${3000 + number}`,
      NAME: `web ${number}`,
    });
    assert.deepEqual(told, [
      ["old:0", "x", { PROCTOR_INSTANCE: "0" }, "after,started", undefined],
      // The value of a variable is not looked into for further ones.
      ["web:0", "serve --port 3000 ${PROCTOR_PORT}", env(0), "", "http://127.0.0.1:3000/"],
      ["web:1", "serve --port 3001 ${PROCTOR_PORT}", env(1), "", "http://127.0.0.1:3001/"],
      ["after", "x", { PROCTOR_PORT: "80" }, "web:0,healthy web:1,healthy", undefined],
    ]);
  });

  test("one more leaves the others as they are", () => {
    const text = (count: number) => `processes: { a: { command: x, instances: ${count}, port: 80 } }`;
    const [two, three] = [load(text(2)), load(text(3))];
    // The directory they were read in is part of what they are.
    const plain = ({ launch, id }: (typeof two)[0]) => ({ id, ...launch, workingDirectory: "" });
    assert.deepEqual(two.map(plain), three.slice(0, 2).map(plain));
  });

  test("what is wrong with a thousand hides nothing of the others", () => {
    const faults = faultsOf(() =>
      load(`
processes:
  a: { command: x, instances: 1000, nice: 99, env: { A: "\${NOBODY}" } }
  b: { command: x, nice: 98 }
  c: { command: x, nice: 97 }
`)
    );
    assert.deepEqual(faults.map((line) => line.split(":").slice(0, 1).join(":")), ["3", "3", "4", "5"]);
  });

  test("what is wrong is told once, with the key that was written", () => {
    assert.deepEqual(
      faultsOf(() =>
        load(`
processes:
  a: { command: x, instances: 3, graceful_timeout: 5, env: { A: "\${NOBODY}" } }
  b: { command: x, instances: 0 }
  c: { command: x, instances: many, port: 1 }
  d: { command: x, instances: 10, port: 65530 }
  e: { type: unmanaged, instances: 2, discovery: { method: port, port: 1 } }
managed_processes:
  - { id: f, instances: 2, management: { control: { executable: x, stop_signal: SIGTEM } } }
  - { id: g, management: { control: { executable: x, stop_signal: SIGTEM } } }
  - { id: "a:1", management: { control: { executable: x } } }
`)
      ),
      [
        '3:3: processes.a.id: "a:1" is taken (proctor.yaml:11); choose another',
        '3:52: processes.a.graceful_timeout: "5" is not a duration; write "5ms" or "5s"',
        "3:65: the variable NOBODY is not set; set it, or write ${NOBODY:-default}",
        "4:31: processes.b.instances: 0 is too small; it is at least 1",
        '5:31: processes.c.instances: "many" is not a number',
        "6:41: port: 65530 and 9 more go beyond 65535",
        "7:36: processes.e.instances: is for processes that are started; this one is unmanaged",
        '9:81: managed_processes.0.management.control.stop_signal: "SIGTEM" is not a signal; did you mean "SIGTERM"?',
        '10:67: managed_processes.1.management.control.stop_signal: "SIGTEM" is not a signal; did you mean "SIGTERM"?',
      ],
    );
  });

  test("none takes the place of another process", () => {
    const [two, one] = ["  web: { command: x, instances: 2 }", '  "web:1": { command: y }'];
    for (const [lines, name] of [[[two, one], "web:1"], [[one, two], "web"]] as const) {
      assert.deepEqual(faultsOf(() => load(`processes:\n${lines.join("\n")}\n`)), [
        `3:3: processes.${name}: "web:1" is taken (proctor.yaml:2); choose another`,
      ]);
    }
  });

  test("one that is written by its number is told the same in its text as in its environment", () => {
    const words = ["${PROCTOR_INSTANCE}", "${PROCTOR_PORT}"];
    const entry = {
      id: "api:3",
      port: 8_000,
      management: { control: { executable: "x", arguments: words } },
    };
    const found = [
      ...load(
        `processes: { "api:3": { command: [x, ${words.map((one) => `"${one}"`).join(", ")}], port: 8000 } }`,
      ),
      ...load(`managed_processes: [${JSON.stringify(entry)}]`),
      loadEntry(entry, "/", []),
    ];
    assert.equal(found.length, 3);
    for (const { launch } of found) {
      assert.deepEqual(launch!.command, ["x", "3", "8003"]);
      assert.deepEqual(launch!.environment, { PROCTOR_INSTANCE: "3", PROCTOR_PORT: "8003" });
    }
    assert.deepEqual(faultsOf(() => load('processes: { "a:9": { command: x, port: 65530 } }')), [
      "1:41: port: 65530 and 9, the number in its id, go beyond 65535",
    ]);
  });

  test("are for a file: what is added at run time is one process", () => {
    const entry = { id: "a", instances: 2, management: { control: { executable: "x" } } };
    assert.deepEqual(faultsOf(() => loadEntry(entry, "/", [])), [
      "definition: instances: instances are for a configuration; add them one by one, with ids such as web:0 and web:1",
    ]);
  });

  test("are started, found by their groups, and know who they are", { timeout: 60_000 }, async () => {
    await using test = await TestSupervisor.start([{
      id: "web",
      instances: 2,
      port: 4_000,
      groups: ["front"],
      management: {
        control: {
          command: "echo $PROCTOR_ID $PROCTOR_INSTANCE $PROCTOR_PORT; exec sleep 1000",
          shell: true,
        },
      },
    }]);
    for (const number of [0, 1]) {
      await test.reaches(`web:${number}`, "running");
      await test.until("it tells", () =>
        test.log(`web:${number}`).endsWith(`| web:${number} ${number} ${4_000 + number}\n`));
    }
    assert.deepEqual(test.supervisor.list("front").map(({ id }) => id), ["web:0", "web:1"]);
    assert.deepEqual(test.supervisor.list("back"), []);
  });
});
