import { isMapping, textOf } from "../../config/located.ts";
import type { Located, LocatedMap } from "../../config/located.ts";
import type { Fault } from "../../config/fault.ts";
import { change, edited, entryAt } from "./canonical_map.ts";
import { wordsOf } from "./command_line.ts";

/* Checks and requests of one word, or with parts of one word, in the short form. */

/** Parts of a check that may be one word, and the key that it is of. */
const ONE_WORD = { http: "url", grpc: "address", file: "path", log: "match" } as const;

/**
 * A check of one word: a URL to ask, a port to connect to, else a command whose exit code 0 is good. A readiness check
 * may be `notify`, too. In a mapping each part may be one word: `{ http: URL, interval: 5s }`.
 * @param key the name of the check
 */
export function checkOf(check: Located, key: string, faults: Fault[]): Located {
  if (isMapping(check)) return withShortParts(check, key, faults);
  const { at } = check;
  const text = textOf(check);
  if (text === "notify") {
    if (key === "readiness_check") return { at, value: new Map([["type", entryAt(at, "notify")]]) };
    return nothing(
      check,
      key,
      "notify is of ready alone; write watchdog: 10s for one that says that it lives",
      faults,
    );
  }
  if (text !== null && /^https?:\/\//i.test(text)) {
    return partOf(at, "http", new Map([["url", { at, value: check }]]));
  }
  // In quotes, too: no program is called by a number.
  const connection = typeof check.value === "number" || /^(\d+$|tcp:\/\/)/.test(text ?? "")
    ? connectionOf(check)
    : null;
  if (connection) return partOf(at, "tcp", connection);
  if (typeof check.value === "boolean" || /^(?:[a-z][\w+.-]*:\/\/|[\w.-]*:\d+$)/i.test(text ?? "")) {
    const right = "write a URL such as http://127.0.0.1:80/ or tcp://127.0.0.1:80, a port, or a command";
    return nothing(check, key, `"${text ?? check.value}" is nothing to ask; ${right}`, faults);
  }
  return execOf(check, key, faults);
}

/** A request to stop: a command, or a mapping whose parts may be one word. */
export function stopRequestOf(request: Located, faults: Fault[]): Located {
  const key = "stop_request";
  if (!isMapping(request)) return execOf(request, key, faults);
  return edited(withShortParts(request, key, faults), (map) => {
    const kind = ["http", "exec", "grpc"].find((part) => map.has(part));
    if (kind && !map.has("type")) map.set("type", entryAt(request.at, kind));
  });
}

function withShortParts(check: Located, key: string, faults: Fault[]): Located {
  return edited(check, (map) => {
    for (const [part, field] of Object.entries(ONE_WORD)) {
      change(map, part, (value) => textOf(value) === null ? value : mappingAt(value.at, field, value));
    }
    change(map, "tcp", (value) => {
      const connection = connectionOf(value);
      return connection ? { at: value.at, value: connection } : value;
    });
    change(map, "exec", (value) => {
      const command = isMapping(value) ? value.value.get("command")?.value : value;
      if (!command || (isMapping(value) && textOf(command) === null)) return value;
      const words = { at: command.at, value: wordsOf(command, undefined, faults, `${key}.exec`) };
      return edited(isMapping(value) ? value : { at: value.at, value: new Map() }, (fields) => {
        fields.set("command", { at: command.at, value: words });
      });
    });
    if (key !== "readiness_check" || map.get("notify")?.value.value !== true) return;
    map.delete("notify");
    if (!map.has("type")) map.set("type", entryAt(check.at, "notify"));
  });
}

/** Where to connect to, by a port, `HOST:PORT` or `tcp://HOST:PORT`; null for anything else. */
function connectionOf(located: Located): LocatedMap | null {
  const { at } = located;
  const port = (
    number: number,
  ): [string, { at: Located["at"]; value: Located }] => ["port", entryAt(at, number)];
  if (typeof located.value === "number") return new Map([["port", { at, value: located }]]);
  const text = textOf(located) ?? "";
  if (/^\d+$/.test(text)) return new Map([port(Number(text))]);
  const [, host, number] = /^(?:tcp:\/\/)?(\[.+\]|[^:/\s]+):(\d+)$/.exec(text) ?? [];
  // In brackets stands an address of IPv6.
  return host === undefined
    ? null
    : new Map([["host", entryAt(at, host.replace(/^\[(.+)\]$/, "$1"))], port(Number(number))]);
}

function execOf(command: Located, key: string, faults: Fault[]): Located {
  const { at } = command;
  const words = { at, value: wordsOf(command, undefined, faults, key) };
  return partOf(at, "exec", new Map([["command", { at, value: words }]]));
}

function partOf(at: Located["at"], name: string, fields: LocatedMap): Located {
  return { at, value: new Map([["type", entryAt(at, name)], [name, entryAt(at, fields)]]) };
}

function mappingAt(at: Located["at"], key: string, value: Located): Located {
  return { at, value: new Map([[key, { at, value }]]) };
}

/** Something that is not a check: what is wrong is told, and something right takes its place. */
function nothing({ at }: Located, key: string, message: string, faults: Fault[]): Located {
  faults.push({ at, key, message });
  return { at, value: new Map([["type", entryAt(at, "process")]]) };
}
