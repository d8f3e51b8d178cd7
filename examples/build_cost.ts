/* What a command cost, by the library; on Bun and on Deno:
     bun examples/build_cost.ts make -j4
     deno run --allow-all examples/build_cost.ts make -j4 */
import process from "node:process";
import { run } from "../mod.ts";

const command = process.argv.slice(2);
const summary = await run(command.length > 0 ? command : ["true"]);
console.log(JSON.stringify({
  exit_code: summary.exit_code,
  cpu_seconds: summary.cpu_seconds,
  peak_memory_bytes: summary.peak_memory_bytes,
  cpu_quality: summary.accounting.cpu.quality,
}));
