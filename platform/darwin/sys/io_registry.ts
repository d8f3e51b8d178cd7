import { openLibrary } from "../../../ffi/mod.ts";
import { parseProperties } from "../layout/property_list.ts";
import type { Property } from "../layout/property_list.ts";
import type { LibSystem } from "./libsystem.ts";

/*
 * The I/O registry (IOKit): objects of drivers and devices in trees, with properties. What IOKit gives is held until it
 * is given back. Numbers and short texts of CoreFoundation may be no addresses at all, but values that are told from
 * such by their highest bits, which a number here does not hold: none is touched, and whole dictionaries are turned
 * into text there.
 */

/** The port of the registry that needs not be asked for (kIOMainPortDefault). */
const MAIN_PORT = 0;
const DEFAULT_ALLOCATOR = 0;
/** kCFPropertyListXMLFormat_v1_0, kCFStringEncodingUTF8 */
const XML = 100;
const UTF8 = 0x0800_0100;
const SERVICE_PLANE = "IOService";

function bindIoKit(library: string) {
  return openLibrary([library], {
    IOServiceMatching: { args: ["usize"], returns: "usize" },
    IOServiceGetMatchingServices: { args: ["u32", "usize", "usize"], returns: "i32" },
    IOIteratorNext: { args: ["u32"], returns: "u32" },
    IOObjectRelease: { args: ["u32"], returns: "i32" },
    IORegistryEntryGetChildEntry: { args: ["u32", "usize", "usize"], returns: "i32" },
    IORegistryEntryGetParentEntry: { args: ["u32", "usize", "usize"], returns: "i32" },
    IORegistryEntryCreateCFProperties: { args: ["u32", "usize", "usize", "u32"], returns: "i32" },
    IORegistryEntryCreateCFProperty: { args: ["u32", "usize", "usize", "u32"], returns: "usize" },
  });
}

function bindCoreFoundation(library: string) {
  return openLibrary([library], {
    CFStringCreateWithCString: { args: ["usize", "usize", "u32"], returns: "usize" },
    CFPropertyListCreateData: { args: ["usize", "usize", "usize", "usize", "usize"], returns: "usize" },
    CFDataGetBytePtr: { args: ["usize"], returns: "usize" },
    CFDataGetLength: { args: ["usize"], returns: "usize" },
    CFRelease: { args: ["usize"], returns: "i32" },
  });
}

/** Objects of the registry by their numbers, which hold them; none of them is 0. */
export class IoRegistry {
  readonly #io: ReturnType<typeof bindIoKit>;
  readonly #cf: ReturnType<typeof bindCoreFoundation>;

  /** @throws ProctorError of kind `system` when a framework cannot be opened */
  constructor(readonly system: LibSystem) {
    this.#io = bindIoKit(system.framework("IOKit"));
    this.#cf = bindCoreFoundation(system.framework("CoreFoundation"));
  }

  /** Hand all services of a class over, one after another. */
  eachService(className: string, take: (entry: number) => void): void {
    const matching = this.#io.IOServiceMatching(this.system.string(className));
    const found = this.system.scratch("registry iterator", 8);
    // It takes the dictionary, whatever comes of it.
    const status = matching === 0
      ? -1
      : this.#io.IOServiceGetMatchingServices(MAIN_PORT, matching, found.address);
    if (status !== 0) return;
    const iterator = found.view.getUint32(0, true);
    for (let entry; (entry = this.#io.IOIteratorNext(iterator)) !== 0;) {
      take(entry);
      this.#io.IOObjectRelease(entry);
    }
    this.#io.IOObjectRelease(iterator);
  }

  /** What an entry's first child has by way of properties; none where there is no child. */
  childProperties(entry: number): ReadonlyMap<string, Property> {
    return this.#near("IORegistryEntryGetChildEntry", entry, (child) => {
      const place = this.system.scratch("registry properties", 8);
      const status = this.#io.IORegistryEntryCreateCFProperties(child, place.address, DEFAULT_ALLOCATOR, 0);
      return status === 0 ? this.#taken(place.getU64(0)) : new Map();
    });
  }

  /** What a dictionary of an entry's parent has; nothing where there is none. */
  parentDictionary(entry: number, key: string): ReadonlyMap<string, Property> {
    return this.#near("IORegistryEntryGetParentEntry", entry, (parent) => this.dictionary(parent, key));
  }

  /** What a dictionary among an entry's properties has; nothing where there is none. */
  dictionary(entry: number, key: string): ReadonlyMap<string, Property> {
    const name = this.#cf.CFStringCreateWithCString(DEFAULT_ALLOCATOR, this.system.string(key), UTF8);
    if (!isObject(name)) return new Map();
    const value = this.#io.IORegistryEntryCreateCFProperty(entry, name, DEFAULT_ALLOCATOR, 0);
    this.#cf.CFRelease(name);
    return this.#taken(value);
  }

  #near(
    call: "IORegistryEntryGetChildEntry" | "IORegistryEntryGetParentEntry",
    entry: number,
    read: (neighbour: number) => ReadonlyMap<string, Property>,
  ): ReadonlyMap<string, Property> {
    const place = this.system.scratch("registry neighbour", 8);
    if (this.#io[call](entry, this.system.string(SERVICE_PLANE), place.address) !== 0) return new Map();
    const neighbour = place.view.getUint32(0, true);
    const properties = read(neighbour);
    this.#io.IOObjectRelease(neighbour);
    return properties;
  }

  /** What a dictionary has, which is given back then. */
  #taken(dictionary: number): ReadonlyMap<string, Property> {
    if (!isObject(dictionary)) return new Map();
    const data = this.#cf.CFPropertyListCreateData(DEFAULT_ALLOCATOR, dictionary, XML, 0, 0);
    this.#cf.CFRelease(dictionary);
    if (!isObject(data)) return new Map();
    const { byteOffset, byteLength, buffer } = this.system.at(
      this.#cf.CFDataGetBytePtr(data),
      this.#cf.CFDataGetLength(data),
    );
    const properties = parseProperties(
      new TextDecoder().decode(new Uint8Array(buffer, byteOffset, byteLength)),
    );
    this.#cf.CFRelease(data);
    return properties;
  }
}

/** Whether there is something, and at an address: what is none is neither read nor given back. */
function isObject(address: number): boolean {
  return address > 0 && Number.isSafeInteger(address);
}
