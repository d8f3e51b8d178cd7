/* Files of the shapes that are found in public repositories, in other words: names, commands and paths are ours. */
import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, test } from "node:test";
import { loadConfig } from "../../../supervisor/config/load.ts";
import { faultsIn } from "../../../supervisor/import/faults_in.ts";
import { importFile } from "../../../supervisor/import/import_file.ts";
import { written } from "../../../supervisor/import/imported.ts";
import { scratch } from "../support/files.ts";

const FOUND = fileURLToPath(new URL("found/", import.meta.url));

/** What becomes of each: its processes, and every key that is told to have no counterpart, read by hand. */
const EXPECTED: readonly (readonly [file: string, processes: readonly string[], told: readonly string[]])[] =
  [
    ["blog.Procfile", ["release", "web", "worker"], ["A process"]],
    ["boards.pm2.json", ["boards-api", "boards-pages"], []],
    ["bot.Procfile", ["mybot"], ["A process"]],
    ["canary.docker-compose.yml", ["worker"], [
      "Only commands",
      "volumes",
      "postgres",
      "worker depends_on.postgres",
      "worker image",
    ]],
    ["chain.process-compose.yaml", ["network", "deploy-contracts", "orchestrator"], [
      "availability",
      "network availability.exit_on_skipped",
      "network availability.exit_on_end",
      "network readiness_probe.failure_threshold",
      "deploy-contracts availability.restart",
      "deploy-contracts availability.exit_on_skipped",
      "orchestrator depends_on.deploy-contracts",
      "orchestrator availability.restart",
      "orchestrator availability.exit_on_skipped",
      "orchestrator readiness_probe.failure_threshold",
    ]],
    ["desktop.supervisord.conf", ["screen", "windows", "vnc"], [
      "[supervisord]",
      "screen priority",
      "windows priority",
      "vnc priority",
    ]],
    ["diary.pm2.json", ["diary"], ["diary time"]],
    ["downloads.supervisord.conf", ["pages", "fetcher"], [
      "[supervisord]",
      "pages priority",
      "fetcher process_name",
      "fetcher priority",
    ]],
    ["everything.process-compose.yaml", [
      "listing",
      "loop",
      "second",
      "third",
      "fourth",
      "server",
      "proxy",
      "calculator",
      "log",
    ], [
      "log_level",
      "log_length",
      "log_configuration",
      "log_location",
      "loop depends_on.third",
      "second name",
      "second readiness_probe.failure_threshold",
      "fourth disable_ansi_colors",
      "server is_tty",
      "log name",
    ]],
    ["faucet.pm2.json", ["faucet"], ["faucet exec_mode"]],
    ["forge.service", ["forge"], ["forge [Unit] After", "forge [Install] WantedBy"]],
    ["forum.Procfile", ["web", "jobs", "stream", "assets"], ["A process"]],
    ["forum.docker-compose.yml", ["web"], [
      "Only commands",
      "networks",
      "db",
      "web depends_on.db",
      "web image",
      "web networks",
      "web ports",
      "web volumes",
    ]],
    ["game.supervisord.conf", ["master", "caves"], ["[supervisord]", "master priority", "caves priority"]],
    ["hosting.supervisord.conf", ["www", "database", "cron"], [
      "[supervisord]",
      "www priority",
      "database priority",
      "cron priority",
    ]],
    ["jobs.service", ["jobs"], [
      "jobs ProcSubset",
      "jobs CapabilityBoundingSet",
      "jobs ProtectSystem",
      "jobs PrivateTmp",
      "jobs RestrictAddressFamilies",
      "jobs SystemCallFilter",
      "jobs [Unit] After",
      "jobs [Install] WantedBy",
    ]],
    ["linker.process-compose.yaml", ["database", "database_init"], [
      "is_strict",
      "database readiness_probe.failure_threshold",
      "database log_configuration",
    ]],
    ["proxy-and-apps.supervisord.conf", ["proxy", "rpc", "site"], ["[supervisord]"]],
    ["rail.process-compose.yaml", ["core", "gateway", "editor", "front"], ["is_strict"]],
    ["search.process-compose.yaml", ["search"], ["search readiness_probe.failure_threshold"]],
    ["store.service", ["store"], [
      "store TimeoutStartSec",
      "store TimeoutStopSec",
      "store NoNewPrivileges",
      "store [Unit] Documentation",
      "store [Unit] Wants",
      "store [Unit] After",
      "store [Install] WantedBy",
    ]],
    ["syncing@.service", ["syncing@"], [
      "syncing@ User",
      "syncing@ RestartForceExitStatus",
      "syncing@ ProtectSystem",
      "syncing@ MemoryDenyWriteExecute",
      "syncing@ [Unit] Documentation",
      "syncing@ [Unit] After",
      "syncing@ [Unit] StartLimitIntervalSec",
      "syncing@ [Unit] StartLimitBurst",
      "syncing@ [Install] WantedBy",
    ]],
    ["validator.pm2.json", ["validator"], []],
  ];

/** The first words of a note: what it tells of. */
const subject = (note: string) => note.split(/: |[:.]? (?:has|is|that|were) /)[0];

/** A value for every variable that a text asks for. */
function variablesOf(text: string): Record<string, string> {
  return Object.fromEntries([...text.matchAll(/\$\{([A-Za-z_]\w*)/g)].map(([, name]) => [name, "8080"]));
}

describe("files as they are found", () => {
  test("are all here", () => {
    assert.deepEqual(readdirSync(FOUND).sort(), EXPECTED.map(([name]) => name));
    assert.ok(EXPECTED.length >= 20);
  });

  for (const [name, processes, told] of EXPECTED) {
    test(name, () => {
      const imported = importFile({ name, text: readFileSync(FOUND + name, "utf8"), hasEnvFile: false });
      const text = written(imported, name);
      assert.deepEqual(faultsIn(text, name), []);
      using files = scratch();
      files.write(".env.production", "");
      const { definitions } = loadConfig(files.write("proctor.yaml", text), { variables: variablesOf(text) });
      assert.deepEqual(definitions.map(({ id }) => id), processes);
      const notes = [
        ...imported.notes.map(subject),
        ...imported.processes.flatMap((one) => one.notes.map((note) => `${one.id} ${note.split(": ")[0]}`)),
      ];
      assert.deepEqual(notes, told);
      // Whatever is told is in the file as well.
      for (const note of imported.processes.flatMap((one) => one.notes)) {
        assert.ok(text.includes(`# ${note}`));
      }
    });
  }
});

test("variables of compose and process-compose arrive as ours", () => {
  const text =
    `services: { a: { command: x, environment: ["A=\${A:?set it}", "B=\${B-b}", "C=$C", "D=$$D", "E=\${E:-e}"] } }`;
  const imported = importFile({ name: "docker-compose.yml", text, hasEnvFile: false });
  assert.deepEqual(imported.processes[0].fields.env, {
    A: "${A}",
    B: "${B:-b}",
    C: "${C}",
    D: "$D",
    E: "${E:-e}",
  });
});
