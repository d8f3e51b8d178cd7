/* proctor top with a fault in it: the clock of its third look at the machine throws. */
import process from "node:process";
import { main } from "../../../commands/main.ts";

const { now } = Date;
let looks = 0;
Date.now = () => {
  if (new Error().stack?.includes("machine_meter") && ++looks === 3) throw new Error("planted");
  return now();
};
process.exit(await main(["top", "--interval", "200ms"]));
