/* Reads the sources of a tree, and says which rules of the house they break. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** Rooms, and what each may import beside itself: a room, a folder or a file; `*` is anything but `commands`. */
export const MAY_IMPORT: Readonly<Record<string, readonly string[]>> = {
  core: [],
  ffi: ["core/error.ts"],
  io: ["core", "ffi"],
  config: ["core", "io"],
  platform: ["core", "ffi", "io"],
  group: ["core", "platform"],
  host: ["core", "io", "platform"],
  records: ["core", "io", "platform"],
  exporters: ["core", "io", "platform"],
  monitor: ["core", "io", "platform", "group"],
  render: ["core", "records"],
  agent: ["core", "io", "config", "platform", "host", "records", "exporters", "monitor"],
  supervisor: [
    "core",
    "io",
    "config",
    "platform",
    "group",
    "monitor",
    "exporters/settings.ts",
    "exporters/export_options.ts",
    "exporters/notices",
  ],
  fleet: ["core", "io", "config", "platform", "exporters", "render"],
  commands: ["*"],
  "mod.ts": ["*"],
  "cli.ts": ["*", "commands"],
};

/** Of these rooms others may import one file only: what is behind it is their own matter. */
const FRONT_DOORS: Readonly<Record<string, string>> = { ffi: "ffi/mod.ts", platform: "platform/mod.ts" };

/** What only platform/ may know of an operating system, as a pattern of code without comments. */
const SYSTEM_WORDS: Readonly<Record<string, RegExp>> = {
  "/etc": /(?<![\w.])\/etc\b/,
  "/proc": /(?<![\w.])\/proc\b/,
  "/sys": /(?<![\w.])\/sys\b/,
  SIGCHLD: /\bSIGCHLD\b/,
  umask: /\bumask\b/,
  "who we are": /\b(?:getuid|geteuid|getgid|getegid|getgroups|userInfo)\b/,
  "the numbers of signals": /\bconstants\.signals\b|"SIG[A-Z]+", \d|\bSIG[A-Z]+(?: =|:) \d/,
  "where commands are": /"PATH\b|\benv\.PATH\b/,
  "a mechanism's name":
    /\bmechanism [!=]==|(?:[!=]==|\bcase) "(?:cgroup|subreaper|job_object|process_group)"/,
};

/** Files that name what only platform/ should know: this list only gets shorter. */
export const LEAKS: readonly string[] = [];

/** Files that name it in words for people, or for a file that people read; these may stay. */
export const WORDS_FOR_PEOPLE: readonly string[] = [
  "commands/host/host_table.ts says /proc",
  "fleet/broker_access/mosquitto.ts says /etc",
  "supervisor/config/process_schema.ts says umask",
  "supervisor/config/to_definition.ts says umask",
  "supervisor/import/imported.ts says umask",
  "supervisor/import/supervisord.ts says umask",
  "supervisor/import/systemd.ts says umask",
];

/** Words that may stand in one file only, comments included: the only place that knows this runtime's FFI. */
const RUNTIME_WORDS: readonly (readonly [word: RegExp, file: string])[] = [
  [/bun:ffi/, "ffi/bun.ts"],
  [/Deno\.dlopen|\bUnsafe(?:Fn)?Pointer(?:View)?\b/, "ffi/deno.ts"],
];

const NO_PRODUCT = new Set([
  "node_modules",
  "dist",
  "tests",
  "bench",
  "scripts",
  "docs",
  "examples",
  "python",
]);

/** One import: of a file of the tree (`a/b.ts`) or of a module (`node:fs`). */
export interface Import {
  readonly from: string;
  readonly to: string;
}

/** A source tree: paths from its root, with forward slashes. */
export interface Tree {
  readonly root: string;
  readonly files: readonly string[];
  readonly imports: readonly Import[];
  /** Imports whose target only the running program knows. */
  readonly unreadable: readonly string[];
}

/** Read every .ts file of the product under `root`. */
export function readTree(root: string): Tree {
  const files = listSources(root, "");
  const imports: Import[] = [];
  const unreadable: string[] = [];
  for (const from of files) {
    const source = readFileSync(join(root, from), "utf8");
    for (const specifier of specifiers(source)) {
      const to = specifier.startsWith(".") ? join(dirname(from), specifier).replaceAll("\\", "/") : specifier;
      imports.push({ from, to });
    }
    // A dynamic import in a comment would not be one; in code it must name its target.
    if (/^[^*/]*\bimport\(\s*[^"\s]/m.test(source)) unreadable.push(from);
  }
  return { root, files, imports, unreadable };
}

function listSources(root: string, directory: string): string[] {
  return readdirSync(join(root, directory), { withFileTypes: true }).flatMap((entry) => {
    const path = directory ? `${directory}/${entry.name}` : entry.name;
    if (entry.name.startsWith(".") || (directory === "" && NO_PRODUCT.has(entry.name))) return [];
    if (entry.isDirectory()) return listSources(root, path);
    return entry.name.endsWith(".ts") ? [path] : [];
  }).sort();
}

function specifiers(source: string): string[] {
  const found = [
    /^\s*(?:import|export)\b[^;"'`]*?\bfrom\s*"([^"]+)"/gm,
    /^\s*import\s*"([^"]+)"/gm,
    /^[^*/]*\bimport\(\s*"([^"]+)"/gm,
  ];
  return found.flatMap((pattern) => [...source.matchAll(pattern)].map((match) => match[1]));
}

/** The modules, none of ours, that a source imports as it is loaded: not for its types, nor when it comes to it. */
export function staticModules(source: string): string[] {
  const names = [
    ...source.matchAll(/^\s*(?:import|export)\b(?!\s+type\b)[^;"'`]*?\bfrom\s*"([^"]+)"/gm),
    ...source.matchAll(/^\s*import\s*"([^"]+)"/gm),
  ].map(([, name]) => name);
  return names.filter((name) => isModule(name) && !name.startsWith("."));
}

const roomOf = (file: string) => file.split("/", 1)[0];

/** Every import that the table does not allow, and every file that stands in no room. */
export function brokenArrows(tree: Tree): string[] {
  const broken: string[] = [];
  for (const file of tree.files) {
    if (!Object.hasOwn(MAY_IMPORT, roomOf(file))) broken.push(`${file} stands in no room of the house`);
  }
  for (const { from, to } of tree.imports) {
    if (isModule(to)) continue;
    const isThere = tree.files.includes(to) || (to.endsWith(".txt") && existsSync(join(tree.root, to)));
    if (!isThere) broken.push(`${from} imports ${to}, which is not there`);
    else if (!mayImport(from, to)) broken.push(`${from} imports ${to}`);
  }
  for (const file of tree.unreadable) {
    broken.push(`${file} imports something that only the running program knows`);
  }
  return broken;
}

function mayImport(from: string, to: string): boolean {
  const [here, there] = [roomOf(from), roomOf(to)];
  if (here === there && here !== from) return true;
  const allowed = MAY_IMPORT[here] ?? [];
  if (there === "commands" || there === "cli.ts") return allowed.includes(there);
  if (Object.hasOwn(FRONT_DOORS, there) && to !== FRONT_DOORS[there]) return false;
  return allowed.some((place) => place === "*" || to === place || to.startsWith(`${place}/`));
}

/** A module, not a file of ours: `node:fs`, `zod`. Texts (`.txt`) are files of ours, too. */
function isModule(target: string): boolean {
  return !/\.(ts|txt|py)$/.test(target) || target.startsWith("@");
}

/** Modules that are neither the runtime's nor dependencies of the package. */
export function unknownModules(tree: Tree, dependencies: readonly string[]): string[] {
  return tree.imports.filter(({ to }) => {
    if (!isModule(to) || to.startsWith("node:")) return false;
    return !dependencies.some((name) => to === name || to.startsWith(`${name}/`));
  }).map(({ from, to }) => `${from} imports ${to}`);
}

/** Where a runtime's own FFI is spoken of outside of the one file for it, or not even there. */
export function strayRuntimeWords(tree: Tree): string[] {
  return RUNTIME_WORDS.flatMap(([word, home]) => {
    const holders = tree.files.filter((file) => word.test(readFileSync(join(tree.root, file), "utf8")));
    const stray = holders.filter((file) => file !== home).map((file) => `${file} says ${word.source}`);
    return holders.includes(home) ? stray : [...stray, `${home} does not say ${word.source}`];
  });
}

/** Where the operating system is named outside of platform/, in code: `group/a.ts says SIGCHLD`. */
export function leaks(tree: Tree): string[] {
  return tree.files.filter((file) => roomOf(file) !== "platform").flatMap((file) => {
    const code = withoutComments(readFileSync(join(tree.root, file), "utf8"));
    return Object.keys(SYSTEM_WORDS).filter((word) => SYSTEM_WORDS[word].test(code))
      .map((word) => `${file} says ${word}`);
  });
}

/** Texts and regular expressions stay whole, for what looks like a comment in them is none. */
function withoutComments(source: string): string {
  return source.replace(TEXT_OR_COMMENT, (found) => /^\/[/*]/.test(found) ? " " : found);
}

const TEXT_OR_COMMENT =
  /"(?:[^"\\\n]|\\.)*"|`(?:[^`\\]|\\[^])*`|(?<=[(,=:[!&|?]\s*)\/(?![*/])(?:[^/\\\n[]|\\.|\[(?:[^\]\\\n]|\\.)*\])+\/|\/\/.*|\/\*[^]*?\*\//g;

/** The modules of a Python package, and what each imports of the package, for a checker of types alone as well. */
export function readPythonPackage(root: string, directory: string): Tree {
  const files = readdirSync(join(root, directory)).filter((name) => name.endsWith(".py")).sort();
  const imports = files.flatMap((from) => {
    const source = readFileSync(join(root, directory, from), "utf8");
    const modules = [...source.matchAll(/^\s*from \.(\w*) import \(?\s*(\w+)/gm)];
    return modules.map(([, module, name]) => ({ from, to: `${module || name}.py` }));
  });
  return { root: join(root, directory), files, imports, unreadable: [] };
}

/** Circles of imports, each once, as `a.ts → b.ts → a.ts`. */
export function circles(tree: Tree): string[] {
  const found: string[] = [];
  const done = new Set<string>();
  const visit = (file: string, path: readonly string[]) => {
    const start = path.indexOf(file);
    if (start >= 0) {
      found.push([...path.slice(start), file].join(" → "));
      return;
    }
    if (done.has(file)) return;
    for (const { from, to } of tree.imports) if (from === file && !isModule(to)) visit(to, [...path, file]);
    done.add(file);
  };
  for (const file of tree.files) visit(file, []);
  return found;
}

/** Names that a module exports without a doc comment where they are declared. */
export function undocumentedExports(tree: Tree, file: string): string[] {
  return exportedNames(tree, file).filter(({ home, name }) => !isDocumented(tree, home, name))
    .map(({ home, name }) => `${name} (${home})`);
}

/** What a module exports, and the file each name is declared in. */
export function exportedNames(tree: Tree, file: string): { home: string; name: string }[] {
  const source = readFileSync(join(tree.root, file), "utf8");
  const names: { home: string; name: string }[] = [];
  for (const [, star, list, specifier] of source.matchAll(REEXPORT)) {
    const target = join(dirname(file), specifier);
    if (isModule(target) || !existsSync(join(tree.root, target))) continue;
    const behind = exportedNames(tree, target);
    if (star) names.push(...behind);
    for (const item of (list ?? "").split(",")) {
      const name = item.trim().replace(/^type\s+/, "").split(/\s+as\s+/)[0];
      if (name) names.push(behind.find((other) => other.name === name) ?? { home: target, name });
    }
  }
  for (const [, name] of source.matchAll(DECLARATION)) names.push({ home: file, name });
  return names.filter((one, index) => names.findIndex(({ name }) => name === one.name) === index);
}

const REEXPORT = /^export\s+(?:type\s+)?(?:(\*)|{([^}]*)})\s*from\s*"([^"]+)"/gm;
const DECLARATION =
  /^export\s+(?:declare\s+)?(?:abstract\s+)?(?:async\s+)?(?:const|let|function\*?|class|interface|type|enum)\s+(\w+)/gm;

function isDocumented(tree: Tree, file: string, name: string): boolean {
  const lines = readFileSync(join(tree.root, file), "utf8").split("\n");
  const declared = new RegExp(
    `^(?:export\\s+)?[a-z\\s*]*\\b(?:const|let|function\\*?|class|interface|type|enum)\\s+${name}\\b`,
  );
  // Of several declarations (overloads; a value and a type of one name) the first carries the words.
  const line = lines.findIndex((text) => declared.test(text));
  return line > 0 && lines[line - 1].trimEnd().endsWith("*/");
}
