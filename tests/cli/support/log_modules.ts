/* Preloaded into Bun: writes each module that is loaded to the file LOADED_MODULES, a line each. */
import { appendFileSync, readFileSync } from "node:fs";
import process from "node:process";

const log = (name: string) => appendFileSync(process.env.LOADED_MODULES!, `${name}\n`);

/** The part of Bun's plugins that is used here; its own types would be Deno's as well. */
interface Plugins {
  plugin(plugin: { name: string; setup(build: Build): void }): void;
}
interface Build {
  onLoad(
    which: { filter: RegExp },
    load: (file: { path: string }) => { contents: string; loader: "ts" | "js" },
  ): void;
}

(globalThis as unknown as { Bun: Plugins }).Bun.plugin({
  name: "log modules",
  setup(build) {
    build.onLoad({ filter: /\.(ts|m?js)$/ }, ({ path }) => {
      log(path);
      return { contents: readFileSync(path, "utf8"), loader: path.endsWith(".ts") ? "ts" : "js" };
    });
  },
});

const load = process.getBuiltinModule;
process.getBuiltinModule = ((name: string) => {
  log(name);
  return load.call(process, name);
}) as typeof load;
