/* The program that a guard without a cgroup becomes. Usage: reap_main.ts NAME=value */
import { reapMarked } from "./reap.ts";

await reapMarked(process.argv.at(-1)!);
