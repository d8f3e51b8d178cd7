import type { Fault } from "../../config/fault.ts";
import { isMapping, textOf } from "../../config/located.ts";
import type { Located, LocatedMap } from "../../config/located.ts";
import { shellWords } from "../../core/shell_words.ts";
import type { WrittenPart } from "../../core/shell_words.ts";
import { entryAt, put } from "./canonical_map.ts";

/** The shell of `shell: true`. */
const SHELL = "sh";
const ASSIGNMENT = /^([A-Za-z_]\w*)=/;

/** `command`, as one text or as a list of words, and `shell`, become `executable` and `arguments`. */
export function canonicalCommand(map: LocatedMap, faults: Fault[]): void {
  const shell = map.get("shell");
  const command = map.get("command");
  if (command && (command.value.value === null || isMapping(command.value))) {
    faults.push({
      at: command.value.at,
      key: "command",
      message: "it is not a command; write a text or a list",
    });
    map.set("command", entryAt(command.at, "x"));
    return canonicalCommand(map, faults);
  }
  if (!command) {
    if (shell) faults.push({ at: shell.at, key: "shell", message: "nothing uses it; add command" });
    map.delete("shell");
    return;
  }
  map.delete("command");
  map.delete("shell");
  const words = wordsOf(command.value, shell?.value, faults);
  const [program] = words;
  put(map, "executable", { at: command.at, value: program }, faults, "command");
  if (words.length > 1) {
    const rest = { at: command.value.at, value: words.slice(1) };
    put(map, "arguments", { at: command.at, value: rest }, faults, "command");
  }
}

/**
 * The words of a command: at least one, also of one that is faulty.
 * @param key what the command stands at; a shell is to be had beside `command` alone
 */
export function wordsOf(
  command: Located,
  shell: Located | undefined,
  faults: Fault[],
  key = "command",
): Located[] {
  const { at } = command;
  const inShell = key === "command" ? "shell: true beside it" : '[sh, -c, "…"]';
  const fault = (message: string) => {
    faults.push({ at, key, message });
    return [{ at, value: "x" }];
  };
  const program = shellOf(shell, faults);
  if (Array.isArray(command.value)) {
    if (program) return fault("shell is for a command that is one text; write it as one, or leave shell out");
    return command.value.length > 0 ? command.value : fault("it is empty; its first word is the program");
  }
  const text = textOf(command) ?? "";
  if (text.trim() === "") return fault("it is empty; its first word is the program");
  if (program) return [program, { at, value: "-c" }, { ...command, value: text, plain: false }];
  const words = shellWords(command.parts ?? withReferences(text));
  if ("why" in words) return fault(`${words.why}; quote it, or write ${inShell}`);
  const [, variable] = ASSIGNMENT.exec(words[0].text) ?? [];
  if (variable !== undefined) {
    const place = key === "command" ? "write that into environment, or" : "write";
    return fault(`it begins with "${variable}=…"; ${place} ${inShell}`);
  }
  return words.map((word) => ({ at, value: word.text, written: word.written }));
}

/** A text in which variables are still to be put in, by whoever carries it out: each reference is one piece. */
function withReferences(text: string): WrittenPart[] {
  return text.split(/(\$?\$\{[^}]*\})/).map((part, index) =>
    index % 2 === 1 ? { text: part, written: part } : { text: part }
  );
}

/** The program that a command is handed to as text; null for none. */
function shellOf(shell: Located | undefined, faults: Fault[]): Located | null {
  if (!shell || shell.value === false) return null;
  if (shell.value === true) return { at: shell.at, value: SHELL };
  if (typeof shell.value === "string" && shell.value !== "") return shell;
  faults.push({
    at: shell.at,
    key: "shell",
    message: 'it is neither true nor false nor a shell, as in "bash"',
  });
  return null;
}
