import { ProctorError } from "../../core/error.ts";
import { ImportedProcess } from "./imported.ts";
import type { Imported } from "./imported.ts";

/**
 * A Procfile (https://devcenter.heroku.com/articles/procfile): `name: command`, a line each, run by a shell.
 * @param hasEnvFile whether a file .env lies beside it, which foreman reads
 * @throws ProctorError of kind `usage` with file and line
 */
export function importProcfile(text: string, file: string, hasEnvFile: boolean): Imported {
  const processes: ImportedProcess[] = [];
  text.split(/\r?\n/).forEach((line, index) => {
    if (/^\s*(#|$)/.test(line)) return;
    const [, name, command] = /^\s*([\w-]+):\s*(.+?)\s*$/.exec(line) ?? [];
    if (name === undefined) {
      throw new ProctorError("usage", `${file}:${index + 1}: it is not "name: command"`);
    }
    const one = new ImportedProcess(name);
    one.setShellCommand(command);
    if (hasEnvFile) one.set("env_file", ".env");
    processes.push(one);
  });
  const notes = ["A process that fails is started again here; foreman ends all of them with the first."];
  if (/\$\{?PORT\b/.test(text)) {
    notes.push("PORT is not set here: write env: { PORT: 5000 } to each process that needs it.");
  }
  return { notes, processes };
}
