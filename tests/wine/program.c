/*
 * A program for tests on Windows, by its first argument:
 *   exit CODE         ends so
 *   sleep MS
 *   spin MS REST      uses so much CPU, prints what it used by its own account, in microseconds, and rests
 *   args …            prints each argument in brackets, a line each, as UTF-8
 *   env NAME          prints a variable, as UTF-8
 *   cat               copies its input to its output
 *   say OUT ERR       writes to both of its outputs
 *   hold FILE MS …    keeps a file open, which nobody else can open meanwhile, and then says another word on its
 *                     standard error
 *   leave FILE MS     starts a `hold` that goes on without it, waits until it holds, and ends
 *   tree FILE MS      starts a `leave` and waits for as long
 *   window FILE MS    shows a window and starts a `hold`; when the window is closed it waits for a moment, ends that child
 *                     itself, and ends with 9, or with 8 where somebody else has ended the child
 *   alloc MIB MS      uses memory
 *   crash             reads from nowhere
 *   closed HANDLE …   prints of each whether it is closed here
 *   --version, --no-env-file …
 *                     is taken for Bun: prints PROGRAM_VERSION, or does as `args` and ends with 7
 */
#include <stdio.h>
#include <windows.h>
#include <shellapi.h>

static void print(const WCHAR *text, const char *before, const char *after) {
  char bytes[65536];
  WideCharToMultiByte(CP_UTF8, 0, text, -1, bytes, sizeof bytes, NULL, NULL);
  printf("%s%s%s", before, bytes, after);
}

static unsigned long long own_microseconds(void) {
  FILETIME t[4];
  GetProcessTimes(GetCurrentProcess(), &t[0], &t[1], &t[2], &t[3]);
  ULARGE_INTEGER kernel = {.LowPart = t[2].dwLowDateTime, .HighPart = t[2].dwHighDateTime};
  ULARGE_INTEGER user = {.LowPart = t[3].dwLowDateTime, .HighPart = t[3].dwHighDateTime};
  return (kernel.QuadPart + user.QuadPart) / 10;
}

static HANDLE open_alone(const WCHAR *file, DWORD how) {
  return CreateFileW(file, GENERIC_READ | GENERIC_WRITE, 0, NULL, how, FILE_ATTRIBUTE_NORMAL, NULL);
}

static HANDLE start(const WCHAR *mode, WCHAR **argv) {
  WCHAR self[MAX_PATH], line[2048];
  STARTUPINFOW startup = {.cb = sizeof startup};
  PROCESS_INFORMATION started;
  GetModuleFileNameW(NULL, self, MAX_PATH);
  _snwprintf(line, 2048, L"\"%ls\" %ls \"%ls\" %ls", self, mode, argv[2], argv[3]);
  if (!CreateProcessW(self, line, NULL, NULL, FALSE, 0, NULL, NULL, &startup, &started)) ExitProcess(99);
  return started.hProcess;
}

static void show_window(HANDLE child, DWORD ms) {
  DWORD style = WS_OVERLAPPEDWINDOW | WS_VISIBLE;
  HWND window = CreateWindowExW(0, L"STATIC", L"a window", style, 0, 0, 99, 99, NULL, NULL, NULL, NULL);
  if (window == NULL) ExitProcess(97);
  MSG message;
  for (DWORD began = GetTickCount(); IsWindow(window) && GetTickCount() - began < ms; Sleep(10))
    while (PeekMessageW(&message, NULL, 0, 0, PM_REMOVE)) DispatchMessageW(&message);
  if (WaitForSingleObject(child, 500) == WAIT_OBJECT_0) ExitProcess(8);
  TerminateProcess(child, 0);
  ExitProcess(9);
}

int main(void) {
  int argc;
  WCHAR **argv = CommandLineToArgvW(GetCommandLineW(), &argc);
  const WCHAR *mode = argc > 1 ? argv[1] : L"";
#define IS(name) (wcscmp(mode, L##name) == 0)
#define NUMBER(index) wcstoul(argv[index], NULL, 0)
  if (IS("exit")) ExitProcess(NUMBER(2));
  if (IS("sleep")) Sleep(NUMBER(2));
  if (IS("--version")) {
    WCHAR version[64] = L"";
    GetEnvironmentVariableW(L"PROGRAM_VERSION", version, 64);
    print(version, "", "\n");
  }
  if (IS("--no-env-file")) {
    for (int i = 2; i < argc; i++) print(argv[i], "[", "]\n");
    fflush(stdout);
    ExitProcess(7);
  }
  if (IS("spin")) {
    volatile unsigned long long sum = 0;
    while (own_microseconds() < 1000ull * NUMBER(2))
      for (int i = 0; i < 1000000; i++) sum += i;
    printf("%llu\n", own_microseconds());
    fflush(stdout);
    Sleep(NUMBER(3));
  }
  if (IS("args")) for (int i = 2; i < argc; i++) print(argv[i], "[", "]\n");
  if (IS("env")) {
    WCHAR value[32768];
    if (GetEnvironmentVariableW(argv[2], value, 32768) == 0) return 1;
    print(value, "", "\n");
  }
  if (IS("cat")) {
    char bytes[4096];
    DWORD count, written;
    while (ReadFile(GetStdHandle(STD_INPUT_HANDLE), bytes, sizeof bytes, &count, NULL) && count > 0)
      WriteFile(GetStdHandle(STD_OUTPUT_HANDLE), bytes, count, &written, NULL);
  }
  if (IS("say")) {
    print(argv[2], "", "\n");
    fflush(stdout);
    fprintf(stderr, "%ls\n", argv[3]);
  }
  if (IS("hold")) {
    // Whoever looks whether it is held has it open for a moment, too.
    while (open_alone(argv[2], CREATE_ALWAYS) == INVALID_HANDLE_VALUE) {
      if (GetLastError() != ERROR_SHARING_VIOLATION) return 98;
      Sleep(1);
    }
    if (argc > 4) fprintf(stderr, "%ls\n", argv[4]), fflush(stderr);
    Sleep(NUMBER(3));
  }
  if (IS("window")) show_window(start(L"hold", argv), NUMBER(3));
  if (IS("leave") || IS("tree")) {
    start(IS("leave") ? L"hold" : L"leave", argv);
    for (HANDLE file; (file = open_alone(argv[2], OPEN_EXISTING)) != INVALID_HANDLE_VALUE ||
         GetLastError() != ERROR_SHARING_VIOLATION; Sleep(5))
      if (file != INVALID_HANDLE_VALUE) CloseHandle(file);
    if (IS("tree")) Sleep(NUMBER(3));
  }
  if (IS("alloc")) {
    size_t size = (size_t)NUMBER(2) << 20;
    memset(VirtualAlloc(NULL, size, MEM_COMMIT | MEM_RESERVE, PAGE_READWRITE), 1, size);
    Sleep(NUMBER(3));
  }
  if (IS("closed")) {
    DWORD flags;
    for (int i = 2; i < argc; i++)
      printf("%s ", GetHandleInformation((HANDLE)(ULONG_PTR)NUMBER(i), &flags) ? "open" : "closed");
  }
  if (IS("crash")) *(volatile int *)8 = 1;
  return 0;
}
