import { z } from "zod";
import { writeOut } from "../../io/terminal/output.ts";

/** The word by which a supervisor knows that it was put into the background. */
export const IN_BACKGROUND = "--in-background";

/** The word by which a supervisor knows that the system has started it, and as which service. */
export const AS_SERVICE = "--as-service";

/** What a supervisor in the background tells the one who has put it there, when it is up. */
export const upSchema = z.object({
  pid: z.int().positive(),
  api: z.array(z.string()),
  page: z.string().optional(),
  page_link: z.string().optional(),
  log: z.string(),
});
/** What a supervisor in the background tells when it is up. */
export type Up = z.infer<typeof upSchema>;

/** Tell that we are up, once. From now on nobody listens to our standard streams. */
export function tellUp(up: Up): void {
  // Whoever waited for it may have gone.
  writeOut(`${JSON.stringify(up)}\n`);
}
