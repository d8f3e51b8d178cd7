import { LibSystem } from "../sys/libsystem.ts";
import { reapMarked } from "./reap.ts";

// What a guard becomes where proctor is not a bundle: the mark is its only argument.
await reapMarked(new LibSystem(), process.argv.at(-1)!);
