/* Makes the hours of a store, and is killed when the first of its days is about to be made. */
import process from "node:process";
import { HourTier as PostgresHours } from "../../../fleet/store/postgres/hour_tier.ts";
import { openPostgres } from "../../../fleet/store/postgres/open.ts";
import { HourTier as SqliteHours } from "../../../fleet/store/sqlite/hour_tier.ts";
import { openDirectory } from "../../../fleet/store/sqlite/open.ts";
import { DAY, HOUR } from "./support.ts";

const place = process.argv[2]!;
for (const tier of [PostgresHours, SqliteHours]) {
  tier.prototype.makeDay = async () => {
    process.kill(process.pid, "SIGKILL");
    await new Promise(() => {});
  };
}
const store = await (place.includes("://") ? openPostgres(place) : openDirectory(place));
await store.makeHours(DAY + 50 * HOUR);
