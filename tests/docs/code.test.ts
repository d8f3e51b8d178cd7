/* Configurations and code in the documents are taken as they stand by what reads them, or the page says why not. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, test } from "node:test";
import { parse } from "yaml";
import { makeCertificates, noOpenssl } from "../exporters/support/certificates.ts";
import { ROOT } from "../support/fixture.ts";
import { type Block, documentBlocks } from "./support/blocks.ts";

/** How many blocks may stand there unchecked, by reason. A new one is a decision: it is counted here. */
const NOT_CHECKED = JSON.parse(readFileSync(join(ROOT, "tests/docs/not_checked.json"), "utf8"));
const LANGUAGES = ["yaml", "json", "ts", "python"];

/** What checks a configuration, by a key that only its own have at the top. */
const CHECKS: readonly (readonly [keys: readonly string[], words: readonly string[]])[] = [
  [["processes", "managed_processes", "process_manager"], ["supervise"]],
  [["targets"], ["watch"]],
  [["forward", "store", "alerts", "adaptive", "oidc"], ["manager"]],
];
/** The binary, the compiler and the interpreter are the same whatever runtime runs this test: one of them is enough. */
const once = "Deno" in globalThis && "runs on Bun: what it starts is the same";

const blocks = documentBlocks().flatMap(({ blocks }) => blocks).filter(({ language }) =>
  LANGUAGES.includes(language)
);
const checked = (language: string) =>
  blocks.filter((block) => block.language === language && block.notRun === null);
const placeOf = ({ document, line }: Block) => `${document}:${line}`;

function inDirectory<Result>(parent: string, body: (directory: string) => Result): Result {
  mkdirSync(parent, { recursive: true });
  const directory = mkdtempSync(join(parent, "docs-code-"));
  try {
    return body(directory);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** The verb that reads a configuration; null where no key is known. */
function verbOf(text: string): readonly string[] | null {
  const keys = Object.keys(parse(text, { merge: true }) ?? {});
  return CHECKS.find(([known]) => known.some((key) => keys.includes(key)))?.[1] ?? null;
}

/** What the program finds wrong with a configuration; null where it takes it. */
function configurationFault(text: string, directory: string): string | null {
  const words = verbOf(text);
  if (words === null) return "no verb of proctor reads this; say so above it";
  const user = spawnSync("id", ["-un"], { encoding: "utf8" }).stdout.trim();
  writeFileSync(join(directory, "config.yaml"), text.replace(/\buser: app$/m, `user: ${user}`));
  // What the page takes as given: programs beside the file, files of variables and secrets, variables, a user.
  for (const [, program] of text.matchAll(/(?<![\w.])\.\/([\w-]+)/g)) {
    writeFileSync(join(directory, program), "", { mode: 0o755 });
  }
  for (const [, name] of text.matchAll(/_file: ([\w.-]+)/g)) {
    writeFileSync(join(directory, name), name.endsWith(".env") ? "PORT=1\n" : "secret\n", { mode: 0o600 });
  }
  const variables = [...text.matchAll(/\$\{([A-Z_]+)\}/g)].map(([, name]) => [
    name,
    /URL|WEBHOOK/.test(name) ? "https://hooks.example" : "a-long-value",
  ]);
  const broker = words[0] === "manager" && !/^mqtt:/m.test(text) ? ["--mqtt", "mqtt://localhost"] : [];
  const run = spawnSync(join(ROOT, "dist/proctor"), [
    ...words,
    ...broker,
    "--config",
    "config.yaml",
    "--check",
  ], {
    cwd: directory,
    env: { PATH: "/usr/bin:/bin", HOME: directory, ...Object.fromEntries(variables) },
    encoding: "utf8",
    timeout: 120_000,
  });
  return run.status === 0 ? null : `${words.join(" ")}: ${run.stdout}${run.stderr}`;
}

/** A value, or one a line. */
function jsonFault(text: string): string | null {
  try {
    const lines = text.split("\n");
    for (const value of lines.every((line) => /^\{.*\}$/.test(line)) ? lines : [text]) JSON.parse(value);
    return null;
  } catch (error) {
    return String(error);
  }
}

/** What the compiler says of modules that import the library, one run for all. */
function typeFaults(texts: readonly string[]): string {
  return inDirectory(join(ROOT, "dist"), (directory) => {
    texts.forEach((text, at) => writeFileSync(join(directory, `block${at}.ts`), text));
    writeFileSync(
      join(directory, "tsconfig.json"),
      JSON.stringify({
        extends: join(ROOT, "tsconfig.json"),
        compilerOptions: { paths: { proctor: [join(ROOT, "mod.ts")] } },
        include: ["*.ts"],
      }),
    );
    const compiler = join(ROOT, "node_modules/typescript/bin/tsc");
    const run = spawnSync(join(ROOT, "node_modules/bun/bin/bun.exe"), [compiler, "-p", directory], {
      cwd: directory,
      encoding: "utf8",
    });
    assert.equal(run.error, undefined);
    return run.status === 0 ? "" : `${run.stdout}${run.stderr}`;
  });
}

const COMPILE = `
import json, sys
for name, text in json.load(sys.stdin):
    try:
        compile(text, name, "exec")
    except SyntaxError as error:
        print(f"{name}: {error}")
`;

/** What a Python session has behind its prompts; a module as it is. */
const sourceOf = (text: string) =>
  text.startsWith(">>> ")
    ? text.split("\n").filter((line) => /^(>>>|\.\.\.)( |$)/.test(line)).map((line) => line.slice(4)).join(
      "\n",
    )
    : text;

function pythonFaults(texts: readonly (readonly [string, string])[]): string {
  const run = spawnSync("python3", ["-c", COMPILE], { input: JSON.stringify(texts), encoding: "utf8" });
  assert.equal(run.status, 0, run.stderr);
  return run.stdout;
}

describe("configurations and code", () => {
  test("that cannot be checked say why, and are as many as before", () => {
    const counts: Record<string, number> = {};
    for (const { notRun } of blocks) if (notRun !== null) counts[notRun] = (counts[notRun] ?? 0) + 1;
    assert.deepEqual(counts, NOT_CHECKED);
    for (const language of LANGUAGES) assert.ok(checked(language).length >= 5, language);
  });

  test(
    "of YAML are taken by the verb that reads them",
    { skip: once || noOpenssl, timeout: 90_000 },
    () =>
      inDirectory(tmpdir(), (directory) => {
        makeCertificates(directory);
        copyFileSync(join(directory, "server.crt"), join(directory, "cert.pem"));
        copyFileSync(join(directory, "server.key"), join(directory, "key.pem"));
        const faults = checked("yaml").flatMap((block) => {
          const fault = configurationFault(block.text, directory);
          return fault === null ? [] : [`${placeOf(block)}: ${fault}`];
        });
        assert.equal(faults.join("\n"), "");
        const wrong = "processes:\n  web: { command: ./web, restrat: always }\n";
        assert.match(configurationFault(wrong, directory)!, /config\.yaml:2:.*restrat/);
      }),
  );

  test("of JSON parse", () => {
    const faults = checked("json").flatMap((block) => {
      const fault = jsonFault(block.text);
      return fault === null ? [] : [`${placeOf(block)}: ${fault}`];
    });
    assert.equal(faults.join("\n"), "");
    assert.match(jsonFault('{"a":1}\n{"b":}')!, /SyntaxError/);
  });

  test("of TypeScript fit the library's types", { skip: once, timeout: 90_000 }, () => {
    const all = checked("ts");
    const wrong = 'import { run } from "proctor";\n(await run(["true"])).cpu_secnds;\n';
    const faults = typeFaults([...all.map(({ text }) => text), wrong]).replaceAll(
      /block(\d+)\.ts/g,
      (name, at) => at in all ? placeOf(all[at]) : name,
    );
    const planted = /^block\d+\.ts.*cpu_secnds.*\n/m;
    assert.match(faults, planted);
    assert.equal(faults.replace(planted, ""), "");
  });

  test("of Python compile", { skip: once }, () => {
    assert.equal(pythonFaults(checked("python").map((block) => [placeOf(block), sourceOf(block.text)])), "");
    assert.match(pythonFaults([["a.md:1", sourceOf(">>> print(1\n1")]]), /^a\.md:1: /);
  });
});
