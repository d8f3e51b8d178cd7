/* usage: find_program.ts PORT: what is found of a port, for tests as another user. */
import process from "node:process";
import { findProcesses } from "../../monitor/discovery/discovery.ts";

console.log(JSON.stringify(await findProcesses([{ port: Number(process.argv[2]) }])));
