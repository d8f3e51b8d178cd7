import assert from "node:assert/strict";
import { describe, test } from "node:test";
import fc from "fast-check";
import { ConfigError } from "../../../config/fault.ts";
import { ProctorError } from "../../../core/error.ts";
import { loadConfig } from "../../../supervisor/config/load.ts";
import { faultsIn } from "../../../supervisor/import/faults_in.ts";
import { written } from "../../../supervisor/import/imported.ts";
import { importFile } from "../../../supervisor/import/import_file.ts";
import { importPm2 } from "../../../supervisor/import/pm2.ts";
import { scratch } from "../support/files.ts";

const read = (name: string, text: string) => importFile({ name, text, hasEnvFile: false });

/** What our own loader makes of what was imported, and the notes. */
function taken(imported: ReturnType<typeof read>, variables: Record<string, string> = {}) {
  using files = scratch();
  const text = written(imported, "x");
  for (const one of ["app.env"]) files.write(one, "");
  const { definitions } = loadConfig(files.write("proctor.yaml", text), { variables });
  const notes = Object.fromEntries(
    imported.processes.map((one) => [one.id, one.notes.map((note) => note.split(":")[0])]),
  );
  return { all: new Map(definitions.map((one) => [one.id, one])), notes, text };
}

describe("proctor import", () => {
  test("a Procfile, with a shell where one is needed", () => {
    const { all } = taken(read(
      "Procfile",
      `
# all
web: puma -p \${PORT:-3000} 'a b'
worker: node worker.js --queue "a b"
js:  cd app && npm run dev
`,
    ));
    assert.deepEqual([...all].map(([id, { launch }]) => [id, ...launch!.command]), [
      ["web", "sh", "-c", "puma -p ${PORT:-3000} 'a b'"],
      ["worker", "node", "worker.js", "--queue", "a b"],
      ["js", "sh", "-c", "cd app && npm run dev"],
    ]);
  });

  test("whatever command stands in a Procfile arrives as it is", { timeout: 60_000 }, () => {
    const command = fc.string({ minLength: 1, maxLength: 30 }).filter((text) => text.trim() !== "");
    fc.assert(fc.property(command, (line) => {
      const { all } = taken(read("Procfile", `a: ${line}`));
      const [program, ...rest] = all.get("a")!.launch!.command;
      // Taken apart, it has no sign in it that a shell would not have taken for text.
      if (program === "sh" && rest[0] === "-c") assert.equal(rest[1], line.trim());
      else assert.doesNotMatch(line.replaceAll(/'[^']*'|"[^"$`\\]*"|\\./g, " "), /[|&;<>()`*?~]|\$[\w({]/);
    }));
  });

  test("supervisord.conf", () => {
    const { all, notes } = taken(
      read(
        "supervisord.conf",
        `
[unix_http_server]
file=/tmp/s.sock
[program:web]
command=/bin/serve 80%(process_num)02d --name "it's %(program_name)s" $HOME | x ; comment
process_name=%(program_name)s_%(process_num)02d
numprocs=2
directory=/srv/%(ENV_USER)s
autorestart=unexpected
exitcodes=0,2
startsecs=5
startretries=3
stopsignal=QUIT
stopwaitsecs=20
environment=A="1,2",B='x',
  C=\${3}
redirect_stderr=true
stdout_logfile=/var/log/web.log
stdout_logfile_maxbytes=50MB
stdout_logfile_backups=10
priority=5
frobnicate=1
[program:off]
command=sleep 1
autostart=false
autorestart=true
startsecs=0
umask=22
stdout_syslog=true
[group:front]
programs=web,other
`,
      ),
      { USER: "u" },
    );
    const web = all.get("web:1")!;
    assert.deepEqual(web.launch!.command, ["/bin/serve", "801", "--name", "it's web", "$HOME", "|", "x"]);
    assert.equal(web.launch!.workingDirectory, "/srv/u");
    const { PROCTOR_INSTANCE: _, ...env } = web.launch!.environment;
    assert.deepEqual(env, { A: "1,2", B: "x", C: "${3}" });
    assert.deepEqual([web.restart.policy, web.restart.retry.default.maxRetries], ["on_failure", 3]);
    const { stopSignal, gracefulTimeoutMs, startMs, successExitCodes } = web.launch!;
    assert.deepEqual([stopSignal, gracefulTimeoutMs, startMs, successExitCodes], ["SIGQUIT", 20_000, 5_000, [
      2,
    ]]);
    assert.deepEqual(web.groups, ["front"]);
    assert.match(
      JSON.stringify(web.logCollection?.outputs?.combined),
      /"\/var\/log\/web-\{process_id\}\.log".*"50M".*"max_files":10/,
    );
    assert.deepEqual(notes.web, ["priority", "frobnicate"]);
    const off = all.get("off")!;
    assert.deepEqual([off.enabled, off.restart.policy, off.launch!.startMs], [false, "always", undefined]);
    assert.equal(off.launch!.fileModeMask, 0o22);
    const targets = ({ outputs }: NonNullable<typeof off.logCollection>) => [
      outputs!.combined.map(({ type }) => type),
      outputs!.separate.stdout.map(({ type }) => type),
    ];
    assert.deepEqual(targets(off.logCollection!), [["file"], ["syslog"]]);
  });

  test("a unit of systemd", () => {
    const { all, notes } = taken(read(
      "app.service",
      `
[Unit]
Description=An app
After=network.target
BindsTo=db.service
[Service]
Type=forking
PIDFile=/run/app.pid
StandardOutput=journal
SyslogFacility=mail
ExecStart=/usr/bin/app --port 80 \\
  --name "a b"
ExecStop=/usr/bin/app stop
Environment="A=1 2" B=3
EnvironmentFile=app.env
Restart=on-failure
RestartSec=500ms
TimeoutStopSec=1min 30s
LimitNOFILE=65536
LimitCORE=infinity
MemoryMax=512M
User=root
UMask=0027
Nice=-5
SuccessExitStatus=143 SIGKILL
ProtectSystem=full
[Install]
WantedBy=multi-user.target
`,
    ));
    const { launch, restart, limits } = all.get("app")!;
    assert.deepEqual(launch!.command, ["/usr/bin/app", "--port", "80", "--name", "a b"]);
    assert.deepEqual(launch!.environment, { A: "1 2", B: "3" });
    assert.deepEqual(launch!.stopRequest?.exec?.command, ["/usr/bin/app", "stop"]);
    assert.deepEqual(
      [launch!.pidFile, launch!.user, launch!.fileModeMask, launch!.niceness, launch!.fileDescriptorLimit],
      ["/run/app.pid", "root", 0o27, -5, 65_536],
    );
    assert.deepEqual(launch!.resourceLimits, { core: Infinity });
    assert.deepEqual(all.get("app")!.logCollection?.outputs?.combined, [
      { type: "file", path: "{process_id}.log" },
      { type: "journald", facility: "mail" },
    ]);
    assert.deepEqual([launch!.gracefulTimeoutMs, launch!.successExitCodes], [90_000, [143]]);
    assert.deepEqual([restart.policy, restart.retry.default.retryDelayMs], ["on_failure", 500]);
    assert.deepEqual(limits.map(({ kind, max, policy }) => [kind, max, policy]), [
      ["memory", 512 * 2 ** 20, "immediate_kill"],
    ]);
    assert.deepEqual(notes.app, [
      "SuccessExitStatus",
      "ProtectSystem",
      "[Unit] After",
      "[Unit] BindsTo",
      "[Install] WantedBy",
    ]);
    const asked = read("a.service", "[Service]\nExecStart=/bin/x $OPTIONS ${A}\nType=notify\n");
    assert.deepEqual(taken(asked).all.get("a")!.launch!.command, [
      "sh",
      "-c",
      'set -f; exec /bin/x $OPTIONS "${A}"',
    ]);
    assert.deepEqual(taken(asked).notes.a, ["ExecStart"]);
    // Behind @ stands what the program is told to be called, and then its arguments.
    const renamed = taken(
      read("c.service", "[Service]\nExecStart=@/bin/x name --port 1\nExecStop=-@/bin/y name end\n"),
    );
    const { command, stopRequest } = renamed.all.get("c")!.launch!;
    assert.deepEqual([command, stopRequest?.exec?.command], [["/bin/x", "--port", "1"], ["/bin/y", "end"]]);
    assert.deepEqual(renamed.notes.c, ["ExecStart", "ExecStop"]);
    const told = taken(read(
      "b.service",
      "[Service]\nExecStart=/bin/x\nType=notify\nWatchdogSec=1min 30s\nNotifyAccess=main\n",
    ));
    const b = told.all.get("b")!;
    assert.deepEqual([b.readinessCheck!.target.type, b.launch!.watchdogMs], ["notify", 90_000]);
    assert.deepEqual(told.notes.b, ["NotifyAccess"]);
  });

  test("a compose file, of which only commands are taken", () => {
    const { all, notes, text } = taken(
      read(
        "docker-compose.yml",
        `
services:
  web:
    image: x
    command: python -m app --x "$$HOME" $PORT
    environment: [A=1, B, "C=$\${D}"]
    depends_on: { db: { condition: service_healthy, restart: true } }
    restart: on-failure:3
    logging: { driver: syslog, options: { syslog-address: "udp://10.0.0.1:1514", tag: x } }
    healthcheck: { test: curl -f http://localhost, interval: 1m30s, retries: 4 }
    deploy: { replicas: 2, resources: { limits: { cpus: "0.5", memory: 50M } } }
  db: { entrypoint: [db, --x], healthcheck: { test: [CMD, check] }, stop_grace_period: 1m, ulimits: { nofile: 100 } }
  cache: { image: redis }
`,
      ),
      { PORT: "80" },
    );
    const web = all.get("web:0")!;
    assert.deepEqual(web.launch!.command, ["python", "-m", "app", "--x", "$HOME", "80"]);
    assert.deepEqual([web.launch!.environment.A, web.launch!.environment.C], ["1", "${D}"]);
    assert.deepEqual([[...web.dependsOn], web.restartWith], [[["db", "healthy"]], ["db"]]);
    assert.deepEqual(web.healthCheck?.target.exec?.command, ["sh", "-c", "curl -f http://localhost"]);
    assert.deepEqual([web.healthCheck?.intervalMs, web.healthCheck?.failureThreshold], [90_000, 4]);
    assert.deepEqual(web.limits.map(({ kind, max }) => [kind, max]), [["memory", 50 * 2 ** 20], ["cpu", 50]]);
    assert.deepEqual(web.logCollection?.outputs?.combined[1], {
      type: "syslog",
      address: "udp://10.0.0.1:1514",
    });
    const db = all.get("db")!;
    assert.deepEqual([db.launch!.command, db.launch!.gracefulTimeoutMs], [["db", "--x"], 60_000]);
    assert.equal(db.launch!.fileDescriptorLimit, 100);
    assert.deepEqual(notes.web, ["environment", "depends_on.db.restart", "logging.options.tag", "image"]);
    assert.match(text, /^# cache is left out/m);
  });

  test("a compose file, of whose services nobody waits for what is left out or tells nothing", () => {
    const { all, notes } = taken(read(
      "docker-compose.yml",
      `
services:
  web:
    command: serve
    depends_on:
      cache: { condition: service_healthy, restart: true }
      db: { condition: service_healthy, restart: true }
      init: { condition: service_completed_successfully, restart: true }
  db: { command: db, healthcheck: { test: [NONE] } }
  init: { command: init, depends_on: [cache, db] }
  cache: { image: redis }
`,
    ));
    const [web, init] = [all.get("web")!, all.get("init")!];
    assert.deepEqual([...web.dependsOn], [["db", "started"], ["init", "exited_successfully"]]);
    assert.deepEqual([web.restartWith, [...init.dependsOn]], [["db"], [["db", "started"]]]);
    assert.deepEqual(notes.web, [
      "depends_on.cache",
      "depends_on.db",
      "depends_on.db.restart",
      "depends_on.init.restart",
    ]);
    assert.deepEqual(notes.init, ["depends_on.cache"]);
  });

  test("a file of process-compose", () => {
    const { all, notes } = taken(read(
      "process-compose.yaml",
      `
environment: [G=1]
processes:
  web:
    command: serve \${PORT:-80}
    availability: { restart: always, backoff_seconds: 2, max_restarts: 5, exit_on_end: true }
    readiness_probe: { http_get: { host: 127.0.0.1, port: 80, path: /x }, period_seconds: 5 }
    liveness_probe: { exec: { command: "test -e x && y" }, failure_threshold: 2 }
    shutdown: { signal: 2, timeout_seconds: 7, command: ./stop it }
    depends_on: { init: { condition: process_completed_successfully }, job: { condition: process_started } }
    namespace: front
    is_tty: true
  init: { command: "echo a", disabled: true, ready_log_line: "up (1)" }
  job:
    command: clean
    availability: { restart: always }
    schedule: { cron: "0 2 * * *", timezone: UTC, run_on_start: true }
`,
    ));
    const web = all.get("web")!;
    assert.deepEqual(web.launch!.command, ["sh", "-c", "serve 80"]);
    assert.deepEqual([web.restart.policy, web.restart.retry.default.maxRetries], ["always", 5]);
    assert.equal(web.readinessCheck?.target.http?.url, "http://127.0.0.1:80/x");
    assert.deepEqual(web.healthCheck?.target.exec?.command, ["sh", "-c", "test -e x && y"]);
    assert.deepEqual([web.launch!.stopSignal, web.launch!.gracefulTimeoutMs], ["SIGINT", 7_000]);
    assert.deepEqual(web.launch!.stopRequest?.exec?.command, ["sh", "-c", "./stop it"]);
    assert.deepEqual([...web.dependsOn], [["init", "exited_successfully"]]);
    assert.deepEqual([web.groups, web.launch!.environment], [["front"], { G: "1" }]);
    assert.equal(all.get("init")!.enabled, false);
    assert.deepEqual(all.get("init")!.readinessCheck?.target.log, { match: "up \\(1\\)" });
    assert.deepEqual(notes.web, ["depends_on.job", "availability.exit_on_end", "is_tty"]);
    assert.deepEqual(all.get("job")!.schedule, { pattern: "0 2 * * *", timezone: "UTC" });
    assert.deepEqual(notes.job, ["schedule.run_on_start"]);
  });

  test("an ecosystem of pm2", () => {
    const api = {
      name: "api",
      script: "./api.js",
      args: ["--x", "a b"],
      node_args: "--inspect",
      instances: 2,
      increment_var: "PORT",
      env: { PORT: 3000, K: "${z}" },
      max_memory_restart: "300M",
      kill_timeout: 1600,
      watch: ["src"],
      error_file: "e.log",
      exec_mode: "cluster",
    };
    const data = {
      apps: [
        api,
        { script: "x.py", autorestart: false, cron_restart: "0 1 * * *" },
        { script: "./bin/run me" },
        {
          script: "y.py",
          autorestart: false,
          cron_restart: "0 1 * * *",
          watch: true,
          ignore_watch: ["a"],
          watch_delay: 9,
        },
        { script: "z.py", autorestart: false, watch: true },
      ],
    };
    const { all, notes } = taken(importPm2(data, "x"));
    const second = all.get("api:1")!;
    assert.deepEqual(second.launch!.command, ["node", "--inspect", "./api.js", "--x", "a b"]);
    assert.deepEqual([second.launch!.environment.PORT, second.launch!.environment.K], ["3001", "${z}"]);
    assert.deepEqual([second.restart.policy, second.launch!.gracefulTimeoutMs], ["always", 1_600]);
    assert.deepEqual(second.limits.map(({ max, policy }) => [max, policy]), [[300 * 2 ** 20, "restart"]]);
    assert.deepEqual(notes.api, ["exec_mode"]);
    assert.deepEqual([second.watch?.paths, second.watch?.ignore], [["src"], ["**/node_modules"]]);
    const x = all.get("x")!;
    assert.deepEqual([x.launch!.command, x.restart.policy], [["python3", "x.py"], "never"]);
    assert.deepEqual([x.schedule, notes.x], [{ pattern: "0 1 * * *" }, ["cron_restart"]]);
    // Our loader refuses both together.
    const y = all.get("y")!;
    assert.deepEqual([y.schedule, y.watch, notes.y], [x.schedule, undefined, ["cron_restart", "watch"]]);
    assert.deepEqual(all.get("z")!.watch?.paths, ["."]);
    assert.deepEqual(all.get("run-me")!.launch!.command, ["./bin/run", "me"]);
    const json = JSON.stringify(data);
    assert.equal(written(read("ecosystem.json", json), "x"), written(importPm2(data, "x"), "x"));
  });

  test("bad files are told with file and line", () => {
    const told = (name: string, text: string) => {
      try {
        read(name, text);
      } catch (error) {
        assert.ok(error instanceof ProctorError || error instanceof ConfigError, String(error));
        return error.message;
      }
      assert.fail("it was taken");
    };
    assert.equal(told("Procfile", "web: x\nworker\n"), 'Procfile:2: it is not "name: command"');
    assert.equal(
      told("a.conf", "[program:a]\ncommand\n"),
      "a.conf:2: it is neither a [section] nor key=value",
    );
    assert.equal(
      told("a.service", "ExecStart=x\n[Service]\n"),
      "a.service:1: it stands before the first [section]",
    );
    assert.match(told("a.yml", "a: [\n"), /^a\.yml:\d+:\d+: this is not YAML/);
    assert.match(
      told("a.txt", "x"),
      /^a\.txt: its format cannot be detected; name it with --format: procfile,/,
    );
    assert.match(told("a.yml", "workers: [{}]"), /^a\.yml: it is a configuration of ours/);
    assert.equal(told("a.json", '{"apps": {}}'), "a.json: there are no apps in it");
  });
});

describe("proctor import of what is odd", () => {
  test("ids that would be one are numbered, and it is noted", () => {
    const { all, text } = taken(read(
      "docker-compose.yml",
      'services: { "a b": { command: x }, "a/b": { command: y }, a-b: { command: z }, __proto__: { command: q } }',
    ));
    assert.deepEqual([...all.keys()].sort(), ["a-b", "a-b-2", "a-b-3", "proto__"]);
    assert.match(text, /# name: a\/b {2}\(its id is a-b-2: a-b is another's\)/);
  });

  test("words that every object knows mean nothing", () => {
    const word = ["constructor", "toString", "__proto__", "valueOf"];
    for (const one of word) {
      for (
        const [name, text] of [
          [
            "docker-compose.yml",
            `services: { x: { command: a, restart: ${one}, depends_on: { y: { condition: ${one} } } } }`,
          ],
          ["process-compose.yaml", `processes: { x: { command: a, availability: { restart: ${one} } } }`],
          ["supervisord.conf", `[program:x]\ncommand=a\nautorestart=${one}\n`],
          ["x.service", `[Service]\nExecStart=/a\nRestart=${one}\n`],
          ["ecosystem.json", `{"apps": [{"name": "x", "script": "a.${one}"}]}`],
        ] as const
      ) {
        const imported = read(name, text);
        assert.deepEqual(faultsIn(written(imported, name), "x"), [], `${name} ${one}`);
      }
    }
  });

  test("text keeps its blanks, whatever they are", { timeout: 60_000 }, () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(" ", "\n", "a", "\t", "#", ":") }), (value) => {
        const data = { services: { x: { command: ["a"], environment: { A: value } } } };
        const { all } = taken(read("docker-compose.json", JSON.stringify(data)));
        assert.equal(all.get("x")!.launch!.environment.A, value);
      }),
      { numRuns: 40 },
    );
  });

  test("the number of a replica in the path of a log is that of the instance", () => {
    const pathsOf = (replicas: number) =>
      taken(read(
        "process-compose.yaml",
        `processes: { a: { command: x, replicas: ${replicas}, log_location: "a.{PC_REPLICA_NUM}.log" } }`,
      )).text.match(/path: (.*)/)![1];
    assert.deepEqual([1, 2].map(pathsOf), ["a.0.log", "a.${PROCTOR_INSTANCE}.log"]);
  });

  test("what is out of bounds is found before anybody runs it", () => {
    const text = written(read("supervisord.conf", "[program:a]\ncommand=a\nnumprocs=99999\n"), "x");
    assert.deepEqual(faultsIn(text, "x").map(({ key }) => key), ["processes.a.instances"]);
    assert.deepEqual(faultsIn("processes: { a: sleep 1 }", "x"), []);
  });

  test("whatever is not taken over is named: a key, a part of one, or a value of another form", () => {
    const told = (name: string, text: string) => {
      const { notes, processes } = read(name, text);
      return [...notes, ...processes.flatMap((one) => one.notes)].join("\n");
    };
    const unit = told(
      "x.service",
      "[Unit]\nDocumentation=man:x(1)\n[Service]\nExecStart=/bin/x\nNice=low\nLimitCORE=0:infinity\nCPUQuota=half\n" +
        "ExecStop=-/bin/stop\n[Service]\nDynamicUser=yes\n[Install]\nWantedBy=multi-user.target\nAlias=y.service\n",
    );
    for (
      const wanted of [
        /^Nice: low {2}\(it is of a form that is not read here\)$/m,
        /^LimitCORE: 0:infinity /m,
        /^CPUQuota: half /m,
        /^ExecStop: -\/bin\/stop {2}\(the signs/m,
        /^DynamicUser: yes /m,
        /^\[Unit\] Documentation: man:x\(1\) /m,
        /^\[Install\] WantedBy: multi-user\.target /m,
        /^\[Install\] Alias: y\.service /m,
      ]
    ) assert.match(unit, wanted);
    const composed = told(
      "process-compose.yaml",
      "version: '0.5'\nshell: { shell_command: bash, shell_argument: -lc, elevated_shell_command: sudo }\nprocesses:\n" +
        "  a:\n    command: x | y\n    availability: [always]\n    readiness_probe:\n" +
        "      http_get: { host: h, port: 80, headers: { A: b }, status_code: 204 }\n      exec: { command: z }\n" +
        "    liveness_probe: { exec: { command: z, working_dir: /w } }\n",
    );
    for (
      const wanted of [
        /^shell\.shell_argument: -lc /m,
        /^shell\.elevated_shell_command: sudo /m,
        /^availability: \["always"\] {2}\(it is of a form/m,
        /^readiness_probe\.http_get\.headers: /m,
        /^readiness_probe\.http_get\.status_code: 204 /m,
        /^readiness_probe\.exec: /m,
        /^liveness_probe\.exec\.working_dir: \/w /m,
      ]
    ) assert.match(composed, wanted);
    const supervised = told(
      "supervisord.conf",
      "[supervisord]\nlogfile=/l\nenvironment=A=1\n[group:g]\nprograms=a\npriority=9\n[program:a]\ncommand=x\nautorestart=maybe\n" +
        "startsecs=soon\nstdout_logfile_maxbytes=1MB\nstderr_logfile=/e\nstderr_logfile_maxbytes=much\n" +
        "[fcgi-program:f]\ncommand=y\nsocket=unix:///s\n",
    );
    for (
      const wanted of [
        /^\[supervisord\]: logfile, environment: /m,
        /^\[group:g\]: priority: /m,
        /^autorestart: maybe /m,
        /^startsecs: soon /m,
        /^stdout_logfile_maxbytes: 1MB /m,
        /^stderr_logfile_maxbytes: much /m,
        /^\[fcgi-program:f\]: command, socket: it has no counterpart: no process is handed a socket here$/m,
      ]
    ) assert.match(supervised, wanted);
    const services = told(
      "docker-compose.yml",
      "name: shop\nservices:\n  a:\n    command: x\n    env_file: [{ path: b.env, required: false }]\n" +
        "    ulimits: { nofile: { soft: 10, hard: 20 } }\n" +
        "    deploy: { resources: { limits: { devices: 1 }, reservations: { cpus: '1' } } }\n",
    );
    for (
      const wanted of [
        /^name has no counterpart/m,
        /^env_file\.required: false /m,
        /^ulimits\.nofile\.hard: 20 /m,
        /^deploy\.resources\.limits\.devices: 1 /m,
        /^deploy\.resources\.reservations: /m,
      ]
    ) assert.match(services, wanted);
    const apps = told(
      "ecosystem.json",
      JSON.stringify({
        apps: [{
          name: "a",
          script: "./a.bin",
          interpreter: "none",
          node_args: "-x",
          instances: 2,
          increment_var: "P",
        }],
      }),
    );
    assert.match(apps, /^node_args: -x /m);
    assert.match(apps, /^increment_var: P /m);
  });
});
