/* Measures a command by the installed library, on Bun and on Deno. */
import { run } from "proctor";

const summary = await run(["sh", "-c", "i=0; while [ $i -lt 30000 ]; do i=$((i+1)); done; exit 3"]);
console.log(JSON.stringify({ exit_code: summary.exit_code, cpu_seconds: summary.cpu_seconds }));
