/** Writes the reference of keys in docs/supervisor.md anew, from the schema. */
import { readFileSync, writeFileSync } from "node:fs";
import { configReference } from "../supervisor/config/reference.ts";

const path = new URL("../docs/supervisor.md", import.meta.url);
const text = readFileSync(path, "utf8");
const [begin, end] = ["<!-- reference -->\n", "<!-- end of the reference -->"];
const [from, to] = [text.indexOf(begin) + begin.length, text.indexOf(end)];
writeFileSync(path, `${text.slice(0, from)}\n${configReference()}\n${text.slice(to)}`);
