import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { ConfigError } from "../../../config/fault.ts";
import { loadConfig } from "../../../supervisor/config/load.ts";
import { meantByForeign } from "../../../supervisor/config/foreign_names.ts";
import { shortKeys } from "../../../supervisor/config/short_schema.ts";
import { scratch } from "../support/files.ts";

function load(text: string, variables: Record<string, string> = {}) {
  using files = scratch();
  return loadConfig(files.write("proctor.yaml", text), { variables }).definitions;
}

function faultsOf(text: string): string[] {
  try {
    load(text);
  } catch (error) {
    assert.ok(error instanceof ConfigError, String((error as Error).stack));
    return error.lines.map((line) => line.replace(/^.*?proctor\.yaml:/, ""));
  }
  assert.fail("expected faults, found none");
}

/** What a definition says, but for the name of the directory it was read in. */
const told = (text: string, variables?: Record<string, string>) =>
  load(text, variables).map((one) => ({
    ...one,
    fingerprint: undefined,
    source: undefined,
    launch: one.launch && { ...one.launch, workingDirectory: "" },
  }));

describe("the short form", () => {
  test("means the same as the nested one", () => {
    const short = `
processes:
  web: python3 -m http.server "80 00"
  worker:
    command: [node, worker.js]
    depends_on: [web]
    env: { PORT: 3000 }
    restart: always
    health: http://127.0.0.1:1/x
    ready: 5432
    stop: ./stop 'it all'
    limits: { memory: { max: 1G } }
    monitoring_profile: minimal
  daemon: { executable: d, type: forking, pid_file: /d.pid, health: { tcp: { port: 1 }, interval: 1s }, ready: "2" }
`;
    const nested = `
managed_processes:
  - id: web
    management: { control: { executable: python3, arguments: [-m, http.server, "80 00"] } }
  - id: worker
    depends_on: { web: { condition: started } }
    monitoring_profile: minimal
    management:
      control:
        executable: node
        arguments: [worker.js]
        environment: { PORT: "3000" }
        restart_policy: always
        stop_request: { type: exec, exec: { command: [./stop, it all] } }
        limits: { memory: { max: 1G } }
      health_check: { type: http, http: { url: "http://127.0.0.1:1/x" } }
      readiness_check: { type: tcp, tcp: { port: 5432 } }
  - id: daemon
    management:
      control: { executable: d, type: forking, pid_file: /d.pid }
      health_check: { type: tcp, tcp: { port: 1 }, interval: 1s }
      readiness_check: { type: tcp, tcp: { port: 2 } }
`;
    assert.deepEqual(told(short), told(nested));
  });

  test("takes a command for a shell as it is, and others apart", () => {
    const [a, b, c] = load(
      `
processes:
  a: { command: "echo \${A} | cat; exit 1", shell: true }
  b: { command: "x 'y z'", shell: bash }
  c: echo \${A} "\${A}" $\${A}
`,
      { A: "1 2" },
    );
    assert.deepEqual(a.launch!.command, ["sh", "-c", "echo 1 2 | cat; exit 1"]);
    assert.deepEqual(b.launch!.command, ["bash", "-c", "x 'y z'"]);
    assert.deepEqual(c.launch!.command, ["echo", "1 2", "1 2", "${A}"]);
    const { control } = c.shown.management as { control: { arguments: string[] } };
    assert.deepEqual(control.arguments.slice(0, 2), ["${A}", "${A}"]);
  });

  test("command and shell are there in the nested form, too", () => {
    const [one] = load(`
managed_processes:
  - id: a
    management: { control: { command: "sleep 'a b'" } }
`);
    assert.deepEqual(one.launch!.command, ["sleep", "a b"]);
  });

  test("faults have the place and the key that were written", () => {
    assert.deepEqual(
      faultsOf(`
processes:
  a: x | y
  b: { comand: x, env: { PORT: 3000 } }
  c:
  d: { command: A=1 b, graceful_timeout: 5 }
  e: { command: [x], shell: true, id: f }
  g h: x
  i: { command: x, health: { type: http } }
  j: { command: [x], executable: y }
  k: { env: { A: B } }
  l: { command: {} }
  m: { groups: [g] }
  n: { type: unmanaged }
`),
      [
        '3:6: processes.a.command: "|" is for a shell to do; quote it, or write shell: true beside it',
        "4:6: processes.b.command: is missing: the program to start",
        '4:8: processes.b.comand: there is no such key; did you mean "command"?',
        '5:5: processes.c: it is empty; write its command, such as "./server --port 80"',
        '6:17: processes.d.command: it begins with "A=…"; write that into environment, or shell: true beside it',
        '6:42: processes.d.graceful_timeout: "5" is not a duration; write "5ms" or "5s"',
        "7:17: processes.e.command: shell is for a command that is one text; write it as one, or leave shell out",
        "7:35: processes.e.id: its name is its id; leave it out",
        '8:3: processes.g h.id: "g h" is not an id; write letters, digits and . _ @ -, a letter or digit first, at most 100, such as "web-1"',
        '9:28: processes.i.health_check.http: is missing: a check of type "http" needs it',
        '10:8: processes.j.command: it means the same as "executable", which is there, too; leave one out',
        "11:6: processes.k.command: is missing: the program to start",
        "12:17: processes.l.command: it is not a command; write a text or a list",
        "13:6: processes.m.command: is missing: the program to start",
        "14:6: processes.n.discovery: is missing: how is an unmanaged process found?",
      ],
    );
  });

  test("a check of one word is a URL, a port, or a command", () => {
    const checked = (ready: string) => {
      const [{ readinessCheck }] = load(`processes: { p: { command: x, ready: ${ready} } }`);
      const { type, ...target } = readinessCheck!.target;
      return (target as Record<string, unknown>)[type];
    };
    const local = { host: "127.0.0.1", port: 5432 };
    assert.deepEqual(checked("5432"), local);
    assert.deepEqual(checked('"5432"'), local);
    assert.deepEqual(checked("tcp://db.local:5432"), { host: "db.local", port: 5432 });
    assert.deepEqual(checked('"tcp://[::1]:80"'), { host: "::1", port: 80 });
    for (const url of ["http://[::1]:80/x", "HTTPS://localhost/"]) {
      assert.equal((checked(`"${url}"`) as { url: string }).url, url);
    }
    for (
      const [written, words] of [["test -e 'a b'", ["test", "-e", "a b"]], ['["true"]', ["true"]]] as const
    ) {
      assert.deepEqual((checked(written) as { command: string[] }).command, words);
    }
    assert.deepEqual(
      faultsOf(`
processes:
  a: { command: x, ready: a | b, stop: A=1 b }
  b: { command: x, health: true, ready: localhost:80 }
  c: { command: x, ready: tcp://x, stop: }
`),
      [
        '3:27: processes.a.readiness_check: "|" is for a shell to do; quote it, or write [sh, -c, "…"]',
        '3:40: processes.a.stop_request: it begins with "A=…"; write [sh, -c, "…"]',
        ...[["4:28", "b.health_check", "true"], ["4:41", "b.readiness_check", "localhost:80"], [
          "5:27",
          "c.readiness_check",
          "tcp://x",
        ]].map(([at, key, written]) =>
          `${at}: processes.${key}: "${written}" is nothing to ask; write a URL such as ` +
          "http://127.0.0.1:80/ or tcp://127.0.0.1:80, a port, or a command"
        ),
        "5:42: processes.c.stop_request: it is empty; its first word is the program",
      ],
    );
  });

  test("a part of a check, and a limit, may be one word, and a single one stands for a list", () => {
    const meansTheSame = (short: string, nested: string) =>
      assert.deepEqual(
        told(`processes: { db: y, p: { command: x, ${short} } }`),
        told(`processes: { db: y, p: { command: x, ${nested} } }`),
        short,
      );
    for (
      const [short, nested] of [
        ["health: { http: http://h/x, interval: 5s }", "health: { http: { url: http://h/x }, interval: 5s }"],
        ["health: { tcp: 5432 }", "health: { tcp: { port: 5432 } }"],
        ['ready: { tcp: "[::1]:80" }', 'ready: { tcp: { host: "::1", port: 80 } }'],
        ["health: { exec: test -e 'a b' }", "health: { exec: { command: [test, -e, a b] } }"],
        [
          "ready: { exec: { command: test -e x, user: root } }",
          "ready: { exec: { command: [test, -e, x], user: root } }",
        ],
        ['health: { grpc: "h:1" }', 'health: { grpc: { address: "h:1" } }'],
        ["ready: { file: db.ready }", "ready: { file: { path: db.ready } }"],
        ["ready: { log: ready to accept }", "ready: { log: { match: ready to accept } }"],
        ["ready: { notify: true, timeout: 2s }", "ready: { type: notify, timeout: 2s }"],
        ["stop: { http: http://h/stop }", "stop: { type: http, http: { url: http://h/stop } }"],
        ["stop: { exec: ./stop it }", "stop: { type: exec, exec: { command: [./stop, it] } }"],
        ["stop: SIGINT", "stop_signal: SIGINT"],
        ["stop_signal: INT", "stop_signal: SIGINT"],
        ["depends_on: db", "depends_on: [db]"],
        ["groups: front", "groups: [front]"],
        ["rlimits: { nofile: 1024, core: 0 }", "file_descriptor_limit: 1024, rlimits: { core: 0 }"],
        [
          "log_collection: { outputs: { combined: a.log, separate: { stderr: [stderr, journald] } } }",
          "log_collection: { outputs: { combined: [{ type: file, path: a.log }], " +
          "separate: { stderr: [{ type: stderr }, { type: journald }] } } }",
        ],
        [
          "log_collection: { outputs: { combined: { type: syslog } } }",
          "log_collection: { outputs: { combined: [{ type: syslog }] } }",
        ],
        ["limits: { memory: 512M }", "limits: { memory: { max: 512M } }"],
        ['limits: { cpu: "50%" }', "limits: { cpu: { max_percent: 50 } }"],
      ]
    ) meansTheSame(short, nested);
  });

  test("one word of a check that means nothing is told as it was written", () => {
    assert.deepEqual(
      faultsOf(`
processes:
  a: { command: x, health: notify }
  b: { command: x, ready: { exec: a | b } }
  c: { command: x, limits: { cpu: lots }, stop_signal: STOPP }
  d: { command: x, stop: SIGINT, stop_signal: TERM }
  e: { command: x, log_collection: { outputs: { combined: sylog } } }
`).map((line) => line.replace(/^(\d+):\d+/, "$1")),
      [
        "3: processes.a.health_check: notify is of ready alone; write watchdog: 10s for one that says that it lives",
        '4: processes.b.readiness_check.exec: "|" is for a shell to do; quote it, or write [sh, -c, "…"]',
        '5: processes.c.limits.cpu: "lots" is not a mapping',
        '5: processes.c.stop_signal: "SIGSTOPP" is not a signal; did you mean "SIGSTOP"?',
        '6: processes.d.stop: it means the same as "stop_signal", which is there, too; leave one out',
        '7: processes.e.log_collection.outputs.combined.0: "sylog" is not a mapping',
      ],
    );
  });

  test("a key of another supervisor is answered with its name here", () => {
    assert.deepEqual(
      faultsOf("processes: { a: { command: x, autostart: false, Working-Dir: y, numprocs: 2, toString: 1 } }")
        .map((line) => line.replace(/^\S+ /, "")),
      [
        'processes.a.autostart: there is no such key; did you mean "enabled"?',
        'processes.a.Working-Dir: there is no such key; did you mean "cwd"?',
        'processes.a.numprocs: there is no such key; did you mean "instances"?',
        "processes.a.toString: there is no such key; docs/supervisor.md has all keys",
      ],
    );
    // What they are called here is there.
    const known = shortKeys();
    for (
      const name of [
        "exitcodes",
        "startsecs",
        "tz",
        "ulimits",
        "part_of",
        "log",
        "max_restarts",
        "memory",
        "tags",
      ]
    ) {
      assert.ok(known.includes(meantByForeign(name)!), name);
      assert.ok(!known.includes(name), name);
    }
  });

  test("one destination of notifications, and one word of it, stand for a list", () => {
    using files = scratch();
    const notifyOf = (text: string) =>
      loadConfig(files.write("proctor.yaml", `process_manager: { notify: ${text} }\nprocesses: { p: x }`))
        .manager.notify;
    assert.deepEqual(
      notifyOf("{ webhook: http://h/, kinds: health, states: failed, processes: web }"),
      notifyOf("[{ webhook: http://h/, kinds: [health], states: [failed], processes: [web] }]"),
    );
    const email = "server: smtps://h, from: a@b.c";
    assert.deepEqual(
      notifyOf(`{ email: { ${email}, to: d@e.f } }`),
      notifyOf(`[{ email: { ${email}, to: [d@e.f] } }]`),
    );
  });

  test("no id is given twice, in either form", () => {
    const [fault] = faultsOf(`
processes: { a: x }
managed_processes: [{ id: a, management: { control: { executable: x } } }]
`);
    assert.match(fault, /processes\.a\.id: "a" is taken/);
  });

  test("every key of it is known once", () => {
    assert.equal(new Set(shortKeys()).size, shortKeys().length);
    assert.ok(shortKeys().includes("restart_policy") && !shortKeys().includes("id"));
  });
});
