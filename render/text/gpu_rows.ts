import { SUBJECTS } from "../../core/measure/metrics.ts";
import type { GpuSummary, SummaryRecord } from "../../core/schema/record.ts";
import { humanBytes, humanPercent } from "../words/units.ts";
import type { SummaryRow } from "./summary_row.ts";

/** What a run did with GPUs, where that was asked for: a line, and one for each device where there were several. */
export function gpuRows({ gpu, accounting }: Pick<SummaryRecord, "gpu" | "accounting">): SummaryRow[] {
  if (!gpu) return [];
  const { label } = SUBJECTS.gpu;
  const account = accounting.gpu ?? null;
  const { devices } = gpu;
  const what = devices.length === 1 ? [deviceName(devices[0])] : [];
  const detail = account?.quality === "unavailable"
    ? account.note ?? ""
    : devices.length === 0
    ? "no GPU was used"
    : [...what, figures(gpu)].join("; ");
  const rows: SummaryRow[] = [{ id: "gpu", label, value: humanPercent(gpu.avg_percent), detail, account }];
  if (devices.length < 2) return rows;
  return rows.concat(devices.map((device) => ({
    id: "gpu_device",
    label,
    part: deviceName(device),
    value: humanPercent(device.avg_percent),
    detail: figures(device),
    account: null,
  })));
}

function figures(
  { max_percent, peak_memory_bytes }: Pick<GpuSummary, "max_percent" | "peak_memory_bytes">,
): string {
  return `at most ${humanPercent(max_percent)}, memory peak ${humanBytes(peak_memory_bytes)}`;
}

function deviceName({ name, driver, id }: GpuSummary["devices"][number]): string {
  return name ?? `${driver} ${id}`;
}
