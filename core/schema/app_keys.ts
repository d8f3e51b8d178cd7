import { z } from "zod";
import { patternFault } from "../app/names.ts";
import { scrapeFault } from "../app/scrape_url.ts";

/** A text in which a function finds no fault. */
function faultless(faultOf: (text: string) => string | null) {
  return z.string().superRefine((text, context) => {
    const fault = faultOf(text);
    if (fault !== null) context.addIssue({ code: "custom", message: `"${text.slice(0, 60)}": ${fault}` });
  });
}

/** Keys of configurations that say which metrics of its own a program answers. */
export const appKeys = {
  scrape: z.array(faultless(scrapeFault)).min(1).max(16).optional().describe(
    "URLs that answer the program's own metrics in Prometheus's text format or OpenMetrics",
  ),
  app_metrics: z.array(faultless(patternFault)).min(1).max(100).optional().describe(
    "names of them that are kept, with * for any characters; default: all, 200 at most",
  ),
};

/** The same of what is started by us, and can be told where to send them to. */
export const sentAppKeys = {
  ...appKeys,
  app_statsd: z.boolean().optional().describe(
    "whether it gets somewhere to send its metrics to as StatsD: STATSD_HOST, STATSD_PORT and PROCTOR_METRICS_SOCKET",
  ),
  app_otlp: z.boolean().optional().describe(
    "whether it gets somewhere to send its metrics to by OTLP: OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
  ),
};
