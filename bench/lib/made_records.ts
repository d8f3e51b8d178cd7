import { once } from "node:events";
import { createWriteStream } from "node:fs";
import { seededRandom } from "./seeded_random.ts";

const QUANTITIES = [
  "cpu",
  "memory",
  "peak_memory",
  "disk",
  "io",
  "network",
  "faults",
  "context_switches",
  "threads",
  "file_descriptors",
  "processes",
];
const STARTED = Date.parse("2026-11-21T10:00:00.000Z");
const at = (seconds: number) => new Date(STARTED + seconds * 1_000).toISOString();
const rounded = (value: number, digits: number) => Number(value.toFixed(digits));

/**
 * Write records as a long build would have: so many samples, a tenth of a second apart, and so many processes, all
 * made by a generator that gives the same at every time.
 */
export async function writeMadeRecords(file: string, samples: number, processes: number): Promise<void> {
  const out = createWriteStream(file);
  const random = seededRandom(1);
  const accounting = Object.fromEntries(
    QUANTITIES.map((name) => [name, { source: "cgroup", quality: "exact" }]),
  );
  const end = samples / 10;
  const write = async (record: Record<string, unknown>) => {
    if (!out.write(`${JSON.stringify(record)}\n`)) await once(out, "drain");
  };
  await write({
    kind: "start",
    schema: "proctor/1",
    name: `${samples} samples`,
    command: ["make", "-j8"],
    pid: 1_000,
    timestamp: at(0),
    profile: PROFILE,
    containment: { mechanism: "cgroup", reason: null },
    capabilities: accounting,
    environment: ENVIRONMENT,
  });
  const totals: Record<string, number> = {};
  const grow = (name: string, by: number) => totals[name] = Math.round((totals[name] ?? 0) + by);
  let memory = 2e8;
  const each = processes / samples;
  for (let index = 1, begun = 0; index <= samples; index++) {
    const seconds = rounded(index / 10 + (random() - 0.5) * 0.02, 6);
    const busy = Math.max(0, Math.min(800, 400 + 350 * Math.sin(index / 900) + 200 * (random() - 0.5)));
    memory = Math.max(1e7, memory + (random() - 0.5) * 2e7);
    await write({
      kind: "sample",
      timestamp: at(seconds),
      elapsed_seconds: seconds,
      interval_seconds: 0.1,
      uptime_seconds: seconds,
      process_count: 4 + Math.floor(random() * 12),
      cpu_percent: rounded(busy, 2),
      cpu_seconds: rounded(grow("cpu", busy * 1e3) / 1e6, 6),
      memory_bytes: Math.round(memory / 4096) * 4096,
      memory_percent: rounded(memory / 2.5e8, 2),
      disk_read_bytes: grow("dr", random() < 0.1 ? random() * 1e7 : 0),
      disk_write_bytes: grow("dw", random() < 0.2 ? random() * 2e7 : 0),
      io_read_bytes: grow("ir", random() * 4e6),
      io_write_bytes: grow("iw", random() * 2e6),
      network_rx_bytes: null,
      network_tx_bytes: null,
      thread_count: 6 + Math.floor(random() * 20),
      file_descriptor_count: 60 + Math.floor(random() * 50),
      minor_faults: grow("f", random() * 5_000),
      major_faults: grow("m", random() < 0.01 ? 1 : 0),
      voluntary_context_switches: grow("v", random() * 50),
      involuntary_context_switches: grow("i", random() * 20),
    });
    for (; begun < index * each; begun++) {
      // Most are short, some are not: a dozen at a time.
      const lived = rounded(Math.min(seconds, 0.02 + random() ** 4 * 30), 6);
      const name = NAMES[Math.floor(random() ** 2 * NAMES.length)];
      await write({
        kind: "process",
        timestamp: at(seconds),
        elapsed_seconds: seconds,
        pid: 2_000 + begun,
        parent_pid: 1_000,
        start_time: at(seconds - lived),
        name,
        command: `${name} -O2 -c source_${begun}.c`,
        uptime_seconds: lived,
        exit_code: 0,
        signal: null,
        cpu_seconds: rounded(lived * random(), 6),
        peak_memory_bytes: Math.round(random() * 1e8),
        quality: "exact",
      });
    }
  }
  await write({ ...SUMMARY, timestamp: at(end), wall_seconds: end, sample_count: samples, accounting });
  out.end();
  await once(out, "finish");
}

const NAMES = ["cc1", "as", "sh", "cc", "ld", "make", "collect2", "ar", "python3", "sed", "install", "rm"];

const PROFILE = {
  enabled: true,
  interval_ms: 100,
  adaptive: false,
  max_interval_ms: null,
  collect_cpu: true,
  collect_memory: true,
  collect_disk_io: true,
  collect_network_io: true,
  collect_threads: true,
  collect_file_descriptors: true,
  export_to_mqtt: false,
  retain_history: false,
  history_size: 0,
};

const ENVIRONMENT = {
  host_name: "builder",
  kernel: "Linux 6.18.44",
  cpu_model: "made up",
  online_cpu_count: 8,
  cpu_quota_cores: null,
  memory_total_bytes: 25e9,
  memory_limit_bytes: null,
};

const SUMMARY = {
  kind: "summary",
  outcome: "exited",
  exit_code: 0,
  signal: null,
  cpu_seconds: 40_000,
  cpu_user_seconds: 30_000,
  cpu_system_seconds: 10_000,
  avg_cpu_percent: 400,
  max_cpu_percent: 800,
  avg_cpu_cores: 4,
  peak_memory_bytes: 1e9,
  avg_memory_bytes: 5e8,
  peak_process_count: 16,
  total_process_count: 5_000,
  leftover_process_count: 0,
  oom_kill_count: null,
  memory_limit_hit_count: null,
  process_limit_hit_count: null,
  cpu_throttled_seconds: null,
  missed_tick_count: 0,
  monitor: { cpu_seconds: 60, cpu_percent: 0.6, memory_bytes: 5e7 },
};
