import type { AppMetricRecord, AppSummary, AppValues } from "../schema/app_schema.ts";

/**
 * What the program has told, at the end of a run: totals and gauges as they stand then; rates and times of the last
 * interval, where there is no sample of the whole run.
 */
export function finalValues(app: AppSummary, last: AppValues | undefined): AppValues {
  const values: AppValues = {};
  for (const metric of app.metrics) {
    const { standing, passing } = valuesOf(metric);
    Object.assign(values, passing, last && valuesIn(last, Object.keys(passing)), standing);
  }
  return values;
}

/** The values of a metric by their keys in samples: those that stand, and those of an interval. */
function valuesOf(metric: AppMetricRecord): { standing: AppValues; passing: AppValues } {
  const { name, kind, total = null, per_second = null, last = null, mean = null, p95 = null, max = null } =
    metric;
  switch (kind) {
    case "gauge":
      return { standing: { [name]: last }, passing: {} };
    case "set":
      return { standing: {}, passing: { [name]: last } };
    case "counter":
      return { standing: { [`${name}_total`]: total }, passing: { [`${name}_per_second`]: per_second } };
    default: {
      const unit = kind === "timer" ? "_ms" : "";
      return {
        standing: { [`${name}_total`]: total },
        passing: {
          [`${name}_per_second`]: per_second,
          [`${name}_mean${unit}`]: mean,
          [`${name}_p95${unit}`]: p95,
          [`${name}_max${unit}`]: max,
        },
      };
    }
  }
}

function valuesIn(values: AppValues, keys: readonly string[]): AppValues {
  return Object.fromEntries(keys.filter((key) => key in values).map((key) => [key, values[key]]));
}
