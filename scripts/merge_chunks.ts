/**
 * Copies the sources of the binary to DIRECTORY, so changed that a bundler which splits them puts what every start
 * loads into one chunk, and what `run` loads besides (`scripts/start_modules`) into two more: what is also used by
 * others that need little of it, and the rest.
 *
 *     node_modules/bun/bin/bun.exe scripts/merge_chunks.ts DIRECTORY
 *
 * A bundler makes a chunk of the modules that the same entries reach, cli.ts and all that is loaded on use: there are
 * hundreds of those, so what a run loads would lie in dozens of chunks, each of which takes time to find, decode and
 * link. Here each entry that reaches a module of a chunk imports all of them, before its own.
 */
import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const ENTRY = "cli.ts";
/** Stand beside cli.ts. Each imports what an entry is to load before its own, when it loads some of it. */
const EVERY_START = "every_start.ts";
const START_OF_MANY = "start_of_many.ts";
const START_OF_RUN = "start_of_run.ts";
/** An entry that reaches less of what a run loads than this part of its bytes is not to load all of it. */
const LITTLE = 1 / 20;

const root = fileURLToPath(new URL("..", import.meta.url));
const target = process.argv[2];

interface Module {
  readonly bytes: number;
  readonly imports: readonly { readonly path: string; readonly kind: string }[];
}

/** What Bun's metafile says: what each module imports, by its path, and which module each chunk is loaded for. */
interface Metafile {
  readonly inputs: Readonly<Record<string, Module>>;
  readonly outputs: Readonly<Record<string, { readonly entryPoint?: string }>>;
}

function readMetafile(): Metafile {
  mkdirSync(target, { recursive: true });
  const work = mkdtempSync(join(target, "bundle-"));
  try {
    const metafile = join(work, "metafile.json");
    const options = [
      "--splitting",
      "--format=esm",
      "--target=bun",
      `--metafile=${metafile}`,
      `--outdir=${work}`,
    ];
    execFileSync(process.execPath, ["build", ...options, ENTRY], {
      cwd: root,
      stdio: ["ignore", "ignore", "inherit"],
    });
    return JSON.parse(readFileSync(metafile, "utf8"));
  } finally {
    rmSync(work, { recursive: true });
  }
}

const { inputs, outputs } = readMetafile();
const importedBy = (module: string) =>
  inputs[module].imports.filter(({ path, kind }) =>
    kind === "import-statement" && Object.hasOwn(inputs, path)
  );

/** Adds a module and all that are evaluated with it, those first that others need. */
function reach(module: string, found: Set<string>, left: Set<string> = new Set()): Set<string> {
  if (left.has(module)) return found;
  left.add(module);
  for (const { path } of importedBy(module)) reach(path, found, left);
  return found.add(module);
}

const own = (path: string) => !path.includes("node_modules/");
const bytes = (paths: Iterable<string>) => [...paths].reduce((sum, path) => sum + inputs[path].bytes, 0);

const everyStart = reach(ENTRY, new Set());
const loaded = new Set<string>();
const left = new Set<string>();
for (const path of readFileSync(join(root, "scripts/start_modules"), "utf8").trim().split("\n")) {
  if (Object.hasOwn(inputs, path)) reach(path, loaded, left);
}
const ofRun = [...loaded].filter((path) => !everyStart.has(path));
const little = LITTLE * bytes(ofRun);

/** The modules of a run that an entry reaches, for each entry that is loaded on use. */
const entries = Object.values(outputs).flatMap(({ entryPoint }) => entryPoint ?? []).filter((path) =>
  path !== ENTRY
);
const reachedBy = new Map(entries.map((entry) => {
  const reached = reach(entry, new Set());
  return [entry, ofRun.filter((path) => reached.has(path))];
}));
const ofMany = new Set([...reachedBy.values()].flatMap((paths) => bytes(paths) < little ? paths : []));

function chunksFor(entry: string): readonly string[] {
  if (entry === ENTRY) return [EVERY_START];
  const paths = reachedBy.get(entry) ?? [];
  if (paths.length > 0) return [EVERY_START, START_OF_MANY, ...(bytes(paths) < little ? [] : [START_OF_RUN])];
  return reachedBy.has(entry) && [...reach(entry, new Set())].some((path) => everyStart.has(path))
    ? [EVERY_START]
    : [];
}

/** What an entry is to import before anything else; on its first line, so that lines keep their numbers. */
function before(entry: string): string {
  const from = (name: string) => relative(dirname(`/${entry}`), `/${name}`).replace(/^(?!\.)/, "./");
  return chunksFor(entry).map((name) => `import "${from(name)}";`).join("");
}

const imports = (paths: readonly string[]) =>
  paths.filter(own).map((path) => `import "./${path}";\n`).join("");
writeFileSync(join(target, EVERY_START), imports([...everyStart].filter((path) => path !== ENTRY)));
writeFileSync(join(target, START_OF_MANY), imports(ofRun.filter((path) => ofMany.has(path))));
writeFileSync(join(target, START_OF_RUN), imports(ofRun.filter((path) => !ofMany.has(path))));

for (const path of Object.keys(inputs).filter(own)) {
  mkdirSync(join(target, dirname(path)), { recursive: true });
  if (!path.endsWith(".ts")) copyFileSync(join(root, path), join(target, path));
  else {
    const source = readFileSync(join(root, path), "utf8");
    const [, hashbang, rest] = source.match(/^(#!.*\n)?([^]*)$/)!;
    writeFileSync(join(target, path), `${hashbang ?? ""}${before(path)}${rest}`);
  }
}
