import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { ConfigError } from "../../../config/fault.ts";
import { loadConfig } from "../../../supervisor/config/load.ts";
import { loadEntry } from "../../../supervisor/config/load_entry.ts";
import type { LoadedConfig, LoadOptions } from "../../../supervisor/config/load.ts";
import { configJsonSchema } from "../../../supervisor/config/schema.ts";
import { scratch } from "../support/files.ts";

function load(text: string, options: LoadOptions = {}, more: Record<string, string> = {}): LoadedConfig {
  using files = scratch();
  for (const [name, content] of Object.entries(more)) files.write(name, content);
  return loadConfig(files.write("proctor.yaml", text), options);
}

/** The faults of a configuration: `LINE:COLUMN: key: message`. */
function faultsOf(text: string, options: LoadOptions = {}, more: Record<string, string> = {}): string[] {
  try {
    load(text, options, more);
  } catch (error) {
    assert.ok(error instanceof ConfigError, String((error as Error).stack));
    // Without the directory, and without the name of the main file.
    return error.lines.map((line) =>
      line.replaceAll(/\/\S*\/proctor-s-\w+\//g, "").replace(/^proctor\.yaml:/, "")
    );
  }
  assert.fail("expected faults, found none");
}

const one = (rest: string, control = "executable: sleep") => `
managed_processes:
  - id: a
    management:
      control:
        ${control}
${rest}`;

const MINIMAL = `process_manager:
  port: 50055
  log_level: "info"

managed_processes:
  - id: "my-service"
    type: "standard_managed"
    enabled: true
    management:
      control:
        executable: "./my-service"
        arguments: ["--config", "config.yaml"]
`;

const FULLER = `
process_manager: { port: 50055, log_level: info, force_shutdown_timeout: "30s" }
managed_processes:
  - id: service
    type: standard_managed
    profile_type: web
    management:
      standard_managed:
        metadata: { name: A service, tags: [x] }
        control:
          execution:
            executable_path: sleep
            args: ["300"]
            working_directory: "."
            environment: { RUST_LOG: info, N: 5 }
            wait_delay: 10s
          restart_policy: on-failure
          context_aware_restart:
            default: { max_retries: 5, retry_delay: 10s, backoff_rate: 2.0 }
            resource_violations: { max_retries: 2, retry_delay: 30s, backoff_rate: 1.2 }
            startup_grace_period: 2m
            sustained_violation_time: 5m
          limits:
            memory: { max_rss: 268435456, warning_threshold: 80, policy: restart }
            cpu: { max_percent: 25.0, policy: log }
            process: { max_file_descriptors: 100, policy: alert }
          graceful_timeout: 7s
          log_collection: { enabled: true, capture_stderr: false }
        health_check:
          type: http
          http_endpoint: http://localhost:8080/health
          run_options: { enabled: true, interval: 30s, timeout: 5s, initial_delay: 2s, retries: 4 }
  - id: other
    type: unmanaged
    management:
      unmanaged:
        discovery: { method: pid_file, pid_file: other.pid, check_interval: 2s }
        control: { graceful_timeout: 5s }
`;

describe("forms", () => {
  test("the minimal form loads as it stands", () => {
    const { manager, definitions } = load(MINIMAL);
    assert.equal(manager.port, 50_055);
    const [{ id, type, enabled, launch, restart }] = definitions;
    assert.deepEqual([id, type, enabled], ["my-service", "standard_managed", true]);
    assert.deepEqual(launch?.command, ["./my-service", "--config", "config.yaml"]);
    assert.equal(restart.policy, "on_failure");
  });

  test("the fuller form means the same in other words", () => {
    using files = scratch();
    const { definitions: [service, other] } = loadConfig(files.write("proctor.yaml", FULLER));
    assert.deepEqual(service.launch, {
      command: ["sleep", "300"],
      workingDirectory: files.path,
      environment: { RUST_LOG: "info", N: "5" },
      user: null,
      group: null,
      fileDescriptorLimit: null,
      startTimeoutMs: 10_000,
      stopSignal: "SIGTERM",
      gracefulTimeoutMs: 7_000,
      stopRequest: null,
    });
    const { retry, policy } = service.restart;
    assert.equal(policy, "on_failure");
    assert.equal(retry.default.retryDelayMs, 10_000);
    assert.deepEqual([retry.resource.maxRetries, retry.resource.backoffRate, retry.resource.maxDelayMs], [
      2,
      1.2,
      60_000,
    ]);
    assert.equal(retry.health.maxRetries, 5);
    assert.equal(service.startupGraceMs, 120_000);
    assert.deepEqual(
      service.limits.map(({ kind, max, policy, sustainedMs }) => [kind, max, policy, sustainedMs]),
      [
        ["memory", 268_435_456, "restart", 300_000],
        ["cpu", 25, "log", 300_000],
        ["file_descriptors", 100, "alert", 300_000],
      ],
    );
    assert.equal(service.limits[0].warningShare, 0.8);
    assert.equal(service.healthCheck?.target.http?.url, "http://localhost:8080/health");
    assert.deepEqual([service.healthCheck?.intervalMs, service.healthCheck?.failureThreshold], [30_000, 4]);
    assert.deepEqual((service.shown.metadata as { name: string }).name, "A service");
    assert.equal(service.logCollection?.capture_stderr, false);
    assert.equal(other.discovery?.pidFile, `${files.path}/other.pid`);
    assert.equal(other.launch, null);
  });

  test("a policy may be an object, parameters may stand without default, a list may be a word", () => {
    const text = one(
      "",
      `executable: sleep
        restart_policy: { strategy: always, max_attempts: 4, restart_delay: 2s, backoff_multiplier: 3 }
        env_file: a.env
        environment: ["A=1", "B=x=y"]`,
    );
    const { definitions: [{ restart, launch }] } = load(text, {}, { "a.env": "C=from file\nA=0\n" });
    assert.equal(restart.policy, "always");
    assert.deepEqual([restart.retry.default.maxRetries, restart.retry.default.retryDelayMs], [4, 2_000]);
    assert.deepEqual(launch?.environment, { A: "1", B: "x=y", C: "from file" });
    const loose = load(one("", "executable: a\n        context_aware_restart: { max_retries: unlimited }"));
    assert.equal(loose.definitions[0].restart.retry.health.maxRetries, Infinity);
  });

  test("dependencies may be a list, or have conditions", () => {
    const text = `
managed_processes:
  - { id: a, management: { control: { executable: a } } }
  - { id: b, depends_on: [a], management: { control: { executable: b } } }
  - { id: c, depends_on: { a: exited_successfully, b: }, management: { control: { executable: c } } }
`;
    const [, b, c] = load(text).definitions;
    assert.deepEqual([...b.dependsOn], [["a", "started"]]);
    assert.deepEqual([...c.dependsOn], [["a", "exited_successfully"], ["b", "started"]]);
  });

  test("a profile of its own is taken in both spellings", () => {
    const text = one("    monitoringProfile: { interval: 2s, collect_cpu: true }");
    assert.deepEqual(load(text).definitions[0].monitoringProfile, { interval: "2s", collect_cpu: true });
    assert.match(faultsOf(one("    monitoring_profile: { intervall: 2s }"))[0], /7:25: .*intervall/);
  });
});

describe("variables", () => {
  test("are put in, and become what they look like where nothing quotes them", () => {
    const text = `process_manager:\n  port: \${PORT}\n  app_name: "\${APP:-x}y"`;
    const { manager } = load(text, { variables: { PORT: "81" } });
    assert.deepEqual([manager.port, manager.app_name], [81, "xy"]);
  });

  test("that are not set are a fault, and other dollars are none", () => {
    assert.deepEqual(faultsOf(one("", 'executable: "${NOPE}"'), { variables: {} }), [
      "6:21: the variable NOPE is not set; set it, or write ${NOPE:-default}",
    ]);
    const text = one("", 'executable: "$$ $HOME $${A}"');
    assert.deepEqual(load(text, { variables: {} }).definitions[0].launch?.command, ["$$ $HOME ${A}"]);
  });

  test("and secrets show neither in what is described nor in faults", () => {
    const text = one(
      "",
      `executable: x
        arguments: ["--password=\${PASSWORD}"]
        environment: { DB_PASSWORD: literal, PLAIN: literal, FROM: "\${PASSWORD}", OR: "x\${PASSWORD:-literal}" }
        graceful_timeout: "\${PASSWORD}"`,
    );
    const [fault] = faultsOf(text, { variables: { PASSWORD: "s3cr3t" } });
    assert.ok(!fault.includes("s3cr3t"), fault);
    const good = text.replace(/\n.*graceful.*/, "");
    const [{ shown, launch, fingerprint }] = load(good, { variables: { PASSWORD: "s3cr3t" } }).definitions;
    assert.equal(launch?.command[1], "--password=s3cr3t");
    const said = JSON.stringify(shown);
    assert.ok(!said.includes("s3cr3t") && !said.includes("literal"), said);
    assert.deepEqual((shown.management as { control: { environment: unknown } }).control.environment, {
      DB_PASSWORD: "(hidden)",
      PLAIN: "(hidden)",
      FROM: "${PASSWORD}",
      OR: "${PASSWORD:-(hidden)} (hidden)",
    });
    assert.notEqual(load(good, { variables: { PASSWORD: "other" } }).definitions[0].fingerprint, fingerprint);
  });
});

describe("a fault in what may be secret", () => {
  const cases: [control: string, manager: string][] = [
    ["environment: PW=s3cr3t", ""],
    ["environment: {PW: [s3cr3t]}", ""],
    ["environment: {PW: {a: s3cr3t}}", ""],
    ["environment: {PW=s3cr3t: 1}", ""],
    ['environment: {PW: "s3cr3t${NOPE}"}', ""],
    ['environment: {PW: "s3cr3t\\0"}', ""],
    ['stop_request: {type: http, http: {url: "http://h/", headers: {A: [s3cr3t]}}}', ""],
    ['stop_request: {type: http, http: {url: "http://h/", headers: "A: s3cr3t"}}', ""],
    ['stop_request: {type: http, http: {url: "http://h/", body: [s3cr3t]}}', ""],
    ['stop_request: {type: http, http: {url: "http://u:s3cr3t@h:99999/"}}', ""],
    ["env_file: e.env", "process_manager: {token: s3cr3t}"],
    ["env_file: e.env", "process_manager: {token: [s3cr3t, s3cr3t]}"],
    ["env_file: e.env", "process_manager: {otlp_header: {a: s3cr3t}}"],
    ["env_file: e.env", "process_manager: {otlp_header: [s3cr3t]}"],
  ];
  for (const [control, manager] of cases) {
    test(`tells its place, and not what it is: ${control} ${manager}`, () => {
      const text = one("", `executable: sleep\n        ${control}`);
      const faults = faultsOf(`${manager}\n${text}`, { variables: {} }, { "e.env": "A=1\n" });
      assert.ok(faults.length > 0);
      for (const fault of faults) {
        assert.match(fault, /^\d+:\d+: /);
        assert.doesNotMatch(fault, /s3cr3t/);
      }
    });
  }

  test("what would let other machines in is told by the configuration, not at the next start", () => {
    const manager = (keys: string) => `process_manager: { ${keys} }\nmanaged_processes: []\n`;
    for (
      const [keys, told] of [
        [
          'web: "0.0.0.0:9400"',
          /process_manager\.web: "0\.0\.0\.0" lets other machines in, and nothing is encrypted; /,
        ],
        [
          'port: 0, bind_address: "::"',
          /process_manager\.bind_address: "::" lets other machines in: give a token, /,
        ],
      ] as const
    ) assert.match(faultsOf(manager(keys)).join("\n"), told);
    for (
      const keys of [
        'web: "[::1]:9400"',
        'port: 0, bind_address: "::", token: 0123456789abcdef',
        'bind_address: "::"',
      ]
    ) {
      load(manager(keys));
    }
  });

  test("settings of exporters have plain names beside those of the specification, one of the two at a time", () => {
    const manager = (keys: string) =>
      `process_manager: { mqtt: "mqtt://h", ${keys} }\nmanaged_processes: []\n`;
    for (
      const keys of [
        "instance: a, mqtt_topic: t, mqtt_topic_style: rust",
        "proplet_id: a, topic: t, topic_style: rust",
      ]
    ) {
      const { manager: read, exports } = load(manager(keys));
      assert.deepEqual([read.proplet_id, read.topic, read.topic_style], ["a", "t", "rust"]);
      assert.deepEqual(exports, { mqtt: "mqtt://h", proplet_id: "a", topic: "t", topic_style: "rust" });
    }
    assert.deepEqual(faultsOf(manager("instance: a, proplet_id: a")), [
      "1:38: process_manager.instance: it is proplet_id by its plain name; write one of the two",
    ]);
  });

  test("is told as before where nothing is secret", () => {
    const [fault] = faultsOf("process_manager: {token_file: [a]}\nmanaged_processes: []\n");
    assert.match(fault, /token_file: \["a"\] is not a text/);
  });
});

describe("what is shown of a definition", () => {
  test("has no passwords of URLs, no headers, no bodies, no values of options that are named so", () => {
    const text = one(
      "",
      `executable: x
        arguments: ["--db", "postgres://u:secret1@db/x", "--token", secret2, "--api-key=secret3", "-v", "plain"]
        stop_request:
          type: http
          http: { url: "http://u:secret4@localhost/stop?token=secret5&x=1", headers: { X: secret6 }, body: secret7 }`,
    );
    const said = JSON.stringify(load(text, { variables: {} }).definitions[0].shown);
    assert.doesNotMatch(said, /secret\d/);
    for (
      const part of [
        "postgres://u:(hidden)@db/x",
        '"--api-key=(hidden)"',
        '"--token","(hidden)"',
        '"-v","plain"',
        "&x=1",
      ]
    ) assert.ok(said.includes(part), `${part} in ${said}`);
  });
});

describe("faults", () => {
  test("all of them in one run, each with its place and what would be right", () => {
    const text = `
process_manager: { prot: 1 }
managed_processes:
  - id: a
    management:
      control:
        executable: x
        graceful_timeout: 5
        restart_policy: allways
        stop_signal: SIGTREM
        limits: { memory: { max: 1G, policy: throttle } }
      health_check: { type: http, interval: 1 s }
  - id: a
    depends_on: [nobody]
    management: { control: { arguments: [~] } }
`;
    assert.deepEqual(
      faultsOf(text),
      [
        '2:20: process_manager.prot: there is no such key; did you mean "port"?',
        '8:27: managed_processes.0.management.control.graceful_timeout: "5" is not a duration; write "5ms" or "5s"',
        '9:25: managed_processes.0.management.control.restart_policy: "allways" is none of never, on_failure, always, unless_stopped; did you mean "always"?',
        '10:22: managed_processes.0.management.control.stop_signal: "SIGTREM" is not a signal; did you mean "SIGTERM"?',
        '11:46: managed_processes.0.management.control.limits.memory.policy: "throttle" is for cpu and processes; write restart, alert or another one',
        '12:21: managed_processes.0.management.health_check.http: is missing: a check of type "http" needs it',
        '12:45: managed_processes.0.management.health_check.interval: "1 s" is not a duration; write a positive one such as "250ms", "1.5s", "2m" or "1h"',
        '13:9: managed_processes.1.id: "a" is taken (proctor.yaml:4); choose another',
        '14:18: managed_processes.1.depends_on: there is no process "nobody"; there is no other',
        "15:28: managed_processes.1.management.control.executable: is missing: the program to start",
        "15:42: managed_processes.1.management.control.arguments.0: null is not a text",
      ],
    );
  });

  const CASES: [what: string, text: string, fault: RegExp][] = [
    ["no YAML", "a: [1", /^1:\d+: this is not YAML/],
    [
      "a key twice",
      "include: []\ninclude: []",
      /^2:1: include: it is there already \(line 1\); leave one out/,
    ],
    ["an empty file", "", /the file is empty/],
    ["a list", "- 1", /^1:1: it is not a mapping/],
    ["a circle", one("    depends_on: [a]"), /7:18: .*a → a is a circle/],
    [
      "two names of one key",
      one("", "executable: a\n        executable_path: b"),
      /the same as "executable"/,
    ],
    [
      "health of what has none",
      `
managed_processes:
  - { id: a, management: { control: { executable: a } } }
  - { id: b, depends_on: { a: healthy }, management: { control: { executable: b } } }`,
      /"a" has no health_check/,
    ],
    [
      "the end of what is unmanaged",
      `
managed_processes:
  - { id: a, type: unmanaged, management: { discovery: { method: port, port: 80 } } }
  - { id: b, depends_on: { a: exited_successfully }, management: { control: { executable: b } } }`,
      /is unmanaged/,
    ],
    [
      "an id that is a path",
      one("").replace("id: a", "id: ../a"),
      /4:9: .*"..\/a" is not an id|is not an id/,
    ],
    [
      "a file of variables that is not there",
      one("", "executable: a\n        env_file: no.env"),
      /"no.env": no such file/,
    ],
    [
      "a percentage",
      one("", "executable: a\n        limits: { cpu: { max_percent: -1 } }"),
      /too small; it is above 0/,
    ],
    [
      "an unmanaged process with a command",
      one("").replace("id: a", "id: a\n    type: unmanaged"),
      /unmanaged/,
    ],
    [
      "names of metrics that come by no way",
      one("    app_metrics: [queue]"),
      /app_metrics: nothing uses it; add app_statsd: true, app_otlp: true or scrape/,
    ],
    [
      "names of metrics where the way is closed",
      one("    app_metrics: [queue]\n    app_statsd: false"),
      /app_metrics: nothing uses it/,
    ],
    [
      "somewhere to send to that is not yes or no",
      one("    app_otlp: 4318"),
      /app_otlp: .*true or false/,
    ],
    [
      "somewhere to send to for what others have started",
      one("    app_statsd: true").replace("id: a", "id: a\n    type: unmanaged"),
      /app_statsd: is for processes that are started; this one is unmanaged: scrape asks it/,
    ],
    ["a group without a user", one("", "executable: a\n        group: staff"), /a group needs a user/],
    ["a file to include that is not there", "include: [no.yaml]", /^no.yaml: no such file/],
  ];
  for (const [what, text, fault] of CASES) {
    test(`${what}`, () => {
      const faults = faultsOf(text);
      assert.ok(faults.some((line) => fault.test(line)), faults.join("\n"));
    });
  }

  test("what the machine cannot do is refused with its reason", () => {
    const support = new Map([["cpu", "no controller"]] as const);
    const text = one("", "executable: a\n        limits: { cpu: { max_percent: 50, policy: throttle } }");
    assert.match(faultsOf(text, { support })[0], /policy: "throttle" cannot be done here: no controller/);
    assert.equal(load(text, { support: new Map() }).definitions.length, 1);
  });

  test("whatever is written, it is loaded or refused in lines", () => {
    const words = fc.constantFrom(
      ...["managed_processes", "id", "a", "management", "control", "executable", "limits", "memory", "max"],
      ...[
        "health_check",
        "type",
        "http",
        "depends_on",
        "environment",
        "include",
        "${X}",
        "5s",
        "1G",
        "true",
        "3",
      ],
    );
    const value = fc.letrec((tie) => ({
      any: fc.oneof({ maxDepth: 6 }, words, fc.integer(), fc.constant(null), tie("list"), tie("map")),
      list: fc.array(tie("any"), { maxLength: 3 }),
      map: fc.dictionary(words, tie("any"), { maxKeys: 4 }),
    })).any;
    using files = scratch();
    fc.assert(
      fc.property(value, (data) => {
        const path = files.write("any.yaml", JSON.stringify(data));
        try {
          loadConfig(path, { variables: {} });
        } catch (error) {
          assert.ok(error instanceof ConfigError, String((error as Error).stack));
          assert.ok(error.lines.length > 0 && error.lines.every((line) => !line.includes("\n")));
        }
      }),
      { numRuns: 300 },
    );
  });
});

describe("several files", () => {
  const entry = (id: string) =>
    `managed_processes: [{ id: ${id}, management: { control: { executable: x } } }]\n`;

  test("are put together in the order of their names", () => {
    const { definitions, files } = load(`include: ["parts/*.yaml"]\n${entry("main")}`, {}, {
      "parts/b.yaml": entry("b"),
      "parts/a.yaml": entry("a"),
      "parts/c.txt": "no",
    });
    assert.deepEqual(definitions.map(({ id }) => id), ["main", "a", "b"]);
    assert.equal(files.length, 3);
    assert.match(definitions[1].launch!.workingDirectory, /parts$/);
  });

  test("faults name theirs, and circles and repetitions are faults", () => {
    assert.deepEqual(
      faultsOf(`include: [part.yaml]\n${entry("a")}`, {}, { "part.yaml": `typo: 1\n${entry("a")}` }),
      [
        "part.yaml:1:1: typo: there is no such key; there are process_manager, processes, managed_processes, log_collection, include",
        'part.yaml:2:27: managed_processes.0.id: "a" is taken (proctor.yaml:2); choose another',
      ],
    );
    assert.match(faultsOf(`include: [a.yaml]`, {}, { "a.yaml": "include: [a.yaml]" })[0], /includes itself/);
    assert.match(
      faultsOf(`include: [a.yaml]`, {}, { "a.yaml": "process_manager: {}" })[0],
      /a.yaml:1:1: process_manager: it belongs into the file that is not included/,
    );
  });
});

describe("one entry alone", () => {
  test("is checked like one of a file", () => {
    const [other] = load(one("")).definitions;
    const made = loadEntry(
      { id: "b", depends_on: ["a"], management: { control: { executable: "x" } } },
      "/srv",
      [other],
    );
    assert.equal(made.launch?.workingDirectory, "/srv");
    assert.throws(
      () =>
        loadEntry({ id: "b", depends_on: ["c"], management: { control: { executable: 5 } } }, "/srv", [
          other,
        ]),
      (error: ConfigError) => error.faults.length === 2,
    );
  });
});

describe("the JSON Schema", () => {
  test("describes every key", () => {
    const missing: string[] = [];
    const walk = (schema: Record<string, unknown>, path: string) => {
      for (
        const [key, value] of Object.entries(
          (schema.properties ?? {}) as Record<string, Record<string, unknown>>,
        )
      ) {
        walk(value, `${path}.${key}`);
        const isPlain = !value.properties && !value.items;
        if (
          isPlain && value.description === undefined && value.enum === undefined && value.type === undefined
        ) {
          missing.push(`${path}.${key}`);
        }
      }
      if (schema.items) walk(schema.items as Record<string, unknown>, `${path}[]`);
    };
    walk(configJsonSchema(), "");
    assert.deepEqual(missing, []);
    assert.equal((configJsonSchema() as { type: string }).type, "object");
  });
});
