/*
 * IOKit's registry and CoreFoundation, as far as block devices are read from them; part of fake_libsystem.c. Each line
 * `disk NAME location= reads= rbytes= rns= writes= wbytes= wns=` is a driver, the device below it and, unless the name is -,
 * the medium above it. What was given and not given back, `fake_held` counts; what was given back twice, or never given,
 * ends the program.
 */

enum { FIRST_DRIVER = 0x1000, FIRST_MEDIUM = 0x2000, FIRST_DEVICE = 0x3000, ITERATOR = 0x4001, MOST_DISKS = 16 };
enum cf_kind { CF_GONE, CF_MATCHING, CF_STRING, CF_DICTIONARY, CF_DATA };
struct cf { enum cf_kind kind; char text[4096]; };

static int io_holds[0x5000], held, next_disk;

int fake_held(void) { return held; }
static void must(int holds, const char *what) {
  if (holds) return;
  fprintf(stderr, "fake IOKit: %s\n", what);
  abort();
}
static unsigned io_give(unsigned object) {
  io_holds[object]++, held++;
  return object;
}
static struct cf *cf_give(enum cf_kind kind, const char *format, ...) {
  struct cf *object = calloc(1, sizeof *object);
  va_list args;
  va_start(args, format);
  vsnprintf(object->text, sizeof object->text, format, args);
  va_end(args);
  object->kind = kind, held++;
  return object;
}
static struct cf *cf_of(const void *object, enum cf_kind kind) {
  struct cf *known = (struct cf *)object;
  must(known && known->kind == kind, "an object of another kind, or none");
  return known;
}

/* The line of the disk that stands at a place; NULL behind the last. */
static const char *disk_line(int index) {
  static char found[1024];
  char copy[sizeof script];
  strcpy(copy, script);
  for (char *rest = copy, *line; (line = strsep(&rest, "\n"));)
    if (strncmp(line, "disk ", 5) == 0 && index-- == 0) return strncpy(found, line, sizeof found - 1);
  return NULL;
}
static const char *disk_name(int index) {
  static char name[64];
  const char *line = disk_line(index);
  must(line != NULL, "no such disk");
  sscanf(line, "disk %63s", name);
  return name;
}

void *IOServiceMatching(const char *name) {
  MAY_FAIL("IOServiceMatching", NULL);
  return cf_give(CF_MATCHING, "%s", name);
}
int IOServiceGetMatchingServices(unsigned port, void *matching, unsigned *iterator) {
  struct cf *wanted = cf_of(matching, CF_MATCHING);
  must(port == 0, "another port");
  int drivers = strcmp(wanted->text, "IOBlockStorageDriver") == 0;
  wanted->kind = CF_GONE, held--; /* It is consumed, whatever comes of it. */
  MAY_FAIL("IOServiceGetMatchingServices", 0xe00002c0);
  next_disk = drivers ? 0 : MOST_DISKS;
  *iterator = io_give(ITERATOR);
  return 0;
}
unsigned IOIteratorNext(unsigned iterator) {
  must(iterator == ITERATOR && io_holds[ITERATOR], "no iterator");
  if (next_disk >= MOST_DISKS || !disk_line(next_disk)) return 0;
  return io_give(FIRST_DRIVER + next_disk++);
}
int IOObjectRelease(unsigned object) {
  must(object < 0x5000 && io_holds[object]-- > 0, "an entry is given back that nobody has");
  held--;
  return 0;
}
static int disk_of(unsigned entry, unsigned first) {
  must(entry >= first && entry < first + MOST_DISKS && io_holds[entry], "no such entry");
  return entry - first;
}
int IORegistryEntryGetChildEntry(unsigned entry, const char *plane, unsigned *child) {
  int disk = disk_of(entry, FIRST_DRIVER);
  if (strcmp(plane, "IOService") != 0 || strcmp(disk_name(disk), "-") == 0) return 0xe00002f0; /* kIOReturnNoDevice … */
  *child = io_give(FIRST_MEDIUM + disk);
  return 0;
}
int IORegistryEntryGetParentEntry(unsigned entry, const char *plane, unsigned *parent) {
  if (strcmp(plane, "IOService") != 0) return 0xe00002f0;
  *parent = io_give(FIRST_DEVICE + disk_of(entry, FIRST_DRIVER));
  return 0;
}
int IORegistryEntryCreateCFProperties(unsigned entry, void **properties, const void *allocator, unsigned options) {
  must(!allocator && options == 0, "another allocator");
  MAY_FAIL("IORegistryEntryCreateCFProperties", 0xe00002bd);
  int disk = disk_of(entry, FIRST_MEDIUM);
  *properties = cf_give(CF_DICTIONARY,
                        "<key>BSD Name</key>\n\t<string>%s</string>\n\t<key>Whole</key>\n\t<true/>\n\t<key>Size</key>\n\t"
                        "<integer>500277792768</integer>\n",
                        disk_name(disk));
  return 0;
}
void *IORegistryEntryCreateCFProperty(unsigned entry, const void *key, const void *allocator, unsigned options) {
  const char *name = cf_of(key, CF_STRING)->text;
  must(!allocator && options == 0, "another allocator");
  MAY_FAIL("IORegistryEntryCreateCFProperty", NULL);
  if (strcmp(name, "Protocol Characteristics") == 0) {
    const char *at = value_of(disk_line(disk_of(entry, FIRST_DEVICE)), "location");
    char location[32] = "Internal";
    if (at) sscanf(at, "%31s", location);
    return cf_give(CF_DICTIONARY, "<key>Physical Interconnect Location</key><string>%s</string>", location);
  }
  if (strcmp(name, "Statistics") != 0) return NULL;
  const char *line = disk_line(disk_of(entry, FIRST_DRIVER));
#define NUMBER(key) (unsigned long long)number_of(line, key, 0)
  return cf_give(CF_DICTIONARY,
                 "<key>Bytes (Read)</key><integer>%llu</integer><key>Bytes (Write)</key><integer>%llu</integer>"
                 "<key>Errors (Read)</key><integer>0</integer><key>Operations (Read)</key><integer>%llu</integer>"
                 "<key>Operations (Write)</key><integer>%llu</integer><key>Total Time (Read)</key><integer>%llu</integer>"
                 "<key>Total Time (Write)</key><integer>%llu</integer>",
                 NUMBER("rbytes"), NUMBER("wbytes"), NUMBER("reads"), NUMBER("writes"), NUMBER("rns"), NUMBER("wns"));
}

void *CFStringCreateWithCString(const void *allocator, const char *text, unsigned encoding) {
  must(!allocator && encoding == 0x08000100, "another encoding");
  return cf_give(CF_STRING, "%s", text);
}
void *CFPropertyListCreateData(const void *allocator, const void *list, long format, unsigned long options, void *error) {
  must(!allocator && !error && format == 100 && options == 0, "another format");
  MAY_FAIL("CFPropertyListCreateData", NULL);
  return cf_give(CF_DATA,
                 "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" "
                 "\"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n<plist version=\"1.0\">\n<dict>\n\t%s</dict>\n</plist>\n",
                 cf_of(list, CF_DICTIONARY)->text);
}
const unsigned char *CFDataGetBytePtr(const void *data) { return (const unsigned char *)cf_of(data, CF_DATA)->text; }
long CFDataGetLength(const void *data) { return strlen(cf_of(data, CF_DATA)->text); }
void CFRelease(const void *object) {
  struct cf *known = (struct cf *)object;
  must(known && known->kind != CF_GONE, "an object is given back that nobody has");
  known->kind = CF_GONE, held--; /* Its memory stays: who gives it back twice is found out. */
}
