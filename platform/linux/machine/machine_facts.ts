import { machine } from "node:os";
import { join } from "../../../core/posix_path.ts";
import type { ContainerReading, HostRoots, MachineReading } from "../../contract/host.ts";
import { countCpuList } from "../proc/cpu_list.ts";
import { KeptFile } from "../proc/kept_file.ts";
import { readText, text, textAsString } from "../proc/kernel_file.ts";
import { countCpuLines, parseBootTimeMs } from "../proc/system_stat.ts";
import { readContainer } from "./container_signs.ts";

/** How long the limits that bind us, some ten files, are taken for unchanged. */
const CONTAINER_LASTS_MS = 60_000;

/** Reads what the machine is: its names, its CPUs, when it booted, and the container we see of it. */
export class MachineReader {
  readonly #roots: HostRoots;
  readonly #stat: KeptFile;
  readonly #online: KeptFile;
  readonly #hostName: KeptFile;
  readonly #kernel: KeptFile;
  readonly #os: KeptFile;
  readonly #arch: KeptFile;
  #osRelease: string | null | undefined;
  #container: { readonly found: ContainerReading | null; readonly until: number } | undefined;

  /** @param stat /proc/stat, which others read as well */
  constructor(roots: HostRoots, stat: KeptFile) {
    const names = join(roots.proc, "sys/kernel");
    this.#roots = roots;
    this.#stat = stat;
    this.#online = new KeptFile(join(roots.sys, "devices/system/cpu/online"));
    this.#hostName = new KeptFile(join(names, "hostname"));
    this.#kernel = new KeptFile(join(names, "osrelease"));
    this.#os = new KeptFile(join(names, "ostype"));
    this.#arch = new KeptFile(join(names, "arch")); // Since Linux 6.1.
  }

  /** Read it all (uname(2) gives the same names); what cannot be read is null. */
  read(): MachineReading {
    const hasStat = this.#stat.read();
    const bootTimeMs = hasStat ? parseBootTimeMs(text.bytes, text.length) : null;
    const cpuLines = hasStat ? countCpuLines(text.bytes, text.length) : 0;
    return {
      hostName: word(this.#hostName),
      kernel: word(this.#kernel),
      os: word(this.#os) ?? "Linux",
      osRelease: this.#osRelease ??= readOsRelease(this.#roots.files),
      platform: word(this.#arch) ?? machine(),
      processorCount: countCpuList(word(this.#online) ?? "") ?? (cpuLines || null),
      bootTimeMs,
      container: this.#readContainer(),
    };
  }

  #readContainer(): ContainerReading | null {
    const now = performance.now();
    if (!this.#container || now >= this.#container.until) {
      this.#container = { found: readContainer(this.#roots), until: now + CONTAINER_LASTS_MS };
    }
    return this.#container.found;
  }
}

function word(file: KeptFile): string | null {
  return file.read() ? textAsString().trim() || null : null;
}

/** PRETTY_NAME of /etc/os-release or its other place (os-release(5)), `Debian GNU/Linux 12 (bookworm)`. */
function readOsRelease(files: string): string | null {
  const content = readText(join(files, "/etc/os-release")) ?? readText(join(files, "/usr/lib/os-release")) ??
    "";
  return /^PRETTY_NAME=(["']?)(.*)\1$/m.exec(content)?.[2].replace(/\\(.)/g, "$1") ?? null;
}
