/* How the binary is split: what a run loads lies in few chunks, and whoever needs none of it loads none. */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { ROOT } from "../support/fixture.ts";

const BUN = join(ROOT, "node_modules/bun/bin/bun.exe");

/** A chunk, of Bun's metafile. */
interface Chunk {
  readonly entryPoint?: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly imports: readonly { readonly path: string; readonly kind: string }[];
}

function bun(cwd: string, ...words: string[]): void {
  const { status, stderr } = spawnSync(BUN, words, { cwd, encoding: "utf8" });
  assert.equal(status, 0, stderr);
}

/** The chunks of the sources in a directory. */
function chunksOf(directory: string): ReadonlyMap<string, Chunk> {
  const metafile = join(directory, "metafile.json");
  const outdir = join(directory, "chunks");
  bun(
    directory,
    "build",
    "--splitting",
    "--format=esm",
    "--target=bun",
    `--metafile=${metafile}`,
    `--outdir=${outdir}`,
    "cli.ts",
  );
  const { outputs } = JSON.parse(readFileSync(metafile, "utf8")) as { outputs: Record<string, Chunk> };
  return new Map(Object.entries(outputs));
}

/** What is loaded with a chunk. */
function loadedWith(
  chunks: ReadonlyMap<string, Chunk>,
  path: string,
  found = new Set<string>(),
): ReadonlySet<string> {
  const chunk = chunks.get(path);
  if (!chunk || found.has(path)) return found;
  found.add(path);
  for (const { path: other, kind } of chunk.imports) {
    if (kind === "import-statement") loadedWith(chunks, other, found);
  }
  return found;
}

test(
  "the modules of a run lie in three chunks, and what needs none of them loads none",
  { timeout: 240_000 },
  () => {
    const directory = mkdtempSync(join(ROOT, "dist/.merged-")); // inside, where node_modules is found
    try {
      bun(ROOT, "scripts/merge_chunks.ts", directory);
      const chunks = chunksOf(directory);
      const holds = (module: string) =>
        [...chunks].find(([, { inputs }]) => Object.hasOwn(inputs, module))?.[0];
      const entry = (module: string) => {
        const found = [...chunks].find(([, { entryPoint }]) => entryPoint === module);
        assert.ok(found, `no chunk is loaded for ${module}`);
        return loadedWith(chunks, found[0]);
      };
      const holding = (modules: readonly string[]) =>
        new Set(modules.flatMap((module) => holds(module) ?? []));

      const listed = readFileSync(join(ROOT, "scripts/start_modules"), "utf8").trim().split("\n");
      const hot = holding(listed.filter((module) => module !== "cli.ts"));
      assert.equal(hot.size, 3, [...hot].join(" "));
      assert.ok(
        listed.filter((module) => holds(module) !== undefined).length > 250,
        "the list is out of date: scripts/build --train",
      );
      assert.ok(hot.has(holds("platform/linux/mod.ts")!), "a run loads Linux");

      const start = [...entry("cli.ts")].filter((path) => hot.has(path));
      assert.deepEqual(start, [holds("commands/main.ts")], "the version loads one of them");
      assert.deepEqual(
        [...hot].filter((path) => !entry("monitor/run/run.ts").has(path)),
        [],
        "a run loads all",
      );
      const profiles = [...hot].filter((path) => entry("commands/profiles.ts").has(path));
      assert.ok(
        !profiles.includes(holds("platform/linux/mod.ts")!),
        "profiles are listed without a platform",
      );
      assert.equal(profiles.length, 2);
    } finally {
      rmSync(directory, { recursive: true });
    }
  },
);
