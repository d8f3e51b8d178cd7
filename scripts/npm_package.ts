/*
 * Lays out the package `proctor` of npm: the library in one bundle with its declarations, and the command. Usage:
 * bun scripts/npm_package.ts DIRECTORY VERSION TARGET…; the targets are those whose packages it may ask for.
 */
import { execFileSync } from "node:child_process";
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";
import { dts } from "rolldown-plugin-dts";
import manifest from "../package.json" with { type: "json" };
import { BUN, bundle, noticesOf } from "./third_party.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url)).replace(/\/$/, "");
const [directory, version, ...targets] = process.argv.slice(2);
/** Whoever puts schemas together with ours needs the same zod as we; all else is inside of the bundle. */
const APART = ["zod"];

const dependencies = Object.fromEntries(
  APART.map((name) => [name, `^${manifest.dependencies[name as keyof typeof manifest.dependencies]}`]),
);
const lib = join(directory, "lib");
const bin = join(directory, "bin");
mkdirSync(lib, { recursive: true });
mkdirSync(bin, { recursive: true });
const work = mkdtempSync(join(ROOT, "dist", ".npm-"));
try {
  const bundled = bundleLibrary();
  await declare();
  writeFileSync(join(directory, "THIRD_PARTY.txt"), noticesOf(bundled, APART));
} finally {
  rmSync(work, { recursive: true });
}
copyFileSync(join(ROOT, "packages/npm/proctor.js"), join(bin, "proctor.js"));
chmodSync(join(bin, "proctor.js"), 0o755);
copyFileSync(join(ROOT, "packages/npm/README.md"), join(directory, "README.md"));
copyFileSync(join(ROOT, "LICENSE"), join(directory, "LICENSE"));
writeFileSync(
  join(directory, "package.json"),
  JSON.stringify(
    {
      name: "proctor",
      version,
      description: manifest.description,
      license: manifest.license,
      type: "module",
      bin: { proctor: "bin/proctor.js" },
      exports: {
        ".": { types: "./lib/mod.d.ts", default: "./lib/mod.js" },
        "./package.json": "./package.json",
      },
      files: ["bin", "lib", "THIRD_PARTY.txt"],
      engines: { node: ">=22", ...manifest.engines },
      dependencies,
      optionalDependencies: Object.fromEntries(targets.map((target) => [`@proctor/cli-${target}`, version])),
    },
    null,
    2,
  ) + "\n",
);

/** Bundle the library and the programs that its guards become; the files that it is made of. */
function bundleLibrary(): string[] {
  const reapers = ["linux", "darwin"].map((system) => {
    const path = join(work, `reap_${system}.ts`);
    writeFileSync(path, `import ${JSON.stringify(join(ROOT, `platform/${system}/launch/reap_main.ts`))};\n`);
    return path;
  });
  const inputs = bundle([join(ROOT, "mod.ts"), ...reapers], lib, [
    "--target=node",
    "--entry-naming=[name].js",
    "--chunk-naming=chunk-[hash].js",
    "--define",
    `PROCTOR_VERSION=${JSON.stringify(version)}`,
    "--define=PROCTOR_IS_PACKAGED=true",
    ...["bun:*", ...APART].flatMap((name) => ["--external", name]),
  ]);
  // What was written for require() knows where it lay when it was bundled; nobody needs that anywhere else.
  for (const name of readdirSync(lib)) {
    const path = join(lib, name);
    writeFileSync(path, readFileSync(path, "utf8").replaceAll(`${ROOT}/`, ""));
  }
  return inputs;
}

/** One file of declarations, with what the library exports and nothing else. */
async function declare(): Promise<void> {
  const config = join(work, "tsconfig.json");
  writeFileSync(
    config,
    JSON.stringify({
      extends: join(ROOT, "tsconfig.json"),
      compilerOptions: {
        noEmit: false,
        declaration: true,
        emitDeclarationOnly: true,
        outDir: join(work, "declared"),
        rootDir: ROOT,
        typeRoots: [join(ROOT, "node_modules/@types")],
      },
      include: [],
      files: [join(ROOT, "mod.ts")],
    }),
  );
  execFileSync(BUN, [join(ROOT, "node_modules/typescript/bin/tsc"), "-p", config], { stdio: "inherit" });
  const declared = await rolldown({
    input: join(work, "declared/mod.d.ts"),
    external: (id) => !/^[./]/.test(id),
    plugins: [
      {
        name: "sources are declared beside their places",
        resolveId: (id, from) =>
          from && /^\..*(?<!\.d)\.ts$/.test(id)
            ? new URL(id.replace(/\.ts$/, ".d.ts"), `file://${from}`).pathname
            : undefined,
      },
      dts({ dtsOnly: true }),
    ],
  });
  await declared.write({ dir: lib });
}
