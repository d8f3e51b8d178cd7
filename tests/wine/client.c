/*
 * Starts proctor as the Python client does, and tells what came of it:
 *   client HOW PROCTOR VERB …
 * proctor gets an owner, a place for its records and one for the command's standard error as inherited handles, whose
 * numbers stand in for the words @owner, @records and @error. HOW is wait; or let-go or die, once there is a ! on the
 * command's standard error.
 */
#include <stdio.h>
#include <windows.h>
#include <shellapi.h>

struct channel {
  HANDLE ours, theirs, thread;
  char bytes[65536];
  DWORD count;
};

/* A pipe of a name that nobody can guess, to which its one writer is connected from the beginning. */
static void open_channel(struct channel *channel) {
  static int number;
  WCHAR name[64];
  _snwprintf(name, 64, L"\\\\.\\pipe\\program-%lu-%d", GetCurrentProcessId(), number++);
  DWORD access = PIPE_ACCESS_INBOUND | FILE_FLAG_FIRST_PIPE_INSTANCE;
  channel->ours = CreateNamedPipeW(name, access, PIPE_WAIT, 1, 65536, 65536, 0, NULL);
  SECURITY_ATTRIBUTES inheritable = {.nLength = sizeof inheritable, .bInheritHandle = TRUE};
  channel->theirs = CreateFileW(name, GENERIC_WRITE, 0, &inheritable, OPEN_EXISTING, 0, NULL);
  if (channel->ours == INVALID_HANDLE_VALUE || channel->theirs == INVALID_HANDLE_VALUE) ExitProcess(96);
}

static DWORD WINAPI read_all(void *of) {
  struct channel *channel = of;
  DWORD room, count;
  while ((room = sizeof channel->bytes - 1 - channel->count) > 0 &&
         ReadFile(channel->ours, channel->bytes + channel->count, room, &count, NULL) && count > 0)
    channel->count += count;
  return 0;
}

static void read_channel(struct channel *channel) {
  CloseHandle(channel->theirs);
  channel->thread = CreateThread(NULL, 0, read_all, channel, 0, NULL);
}

static void put_word(WCHAR *line, const WCHAR *word, HANDLE owner, HANDLE records, HANDLE error) {
  HANDLE handle = !wcscmp(word, L"@owner")     ? owner
                  : !wcscmp(word, L"@records") ? records
                  : !wcscmp(word, L"@error")   ? error
                                               : NULL;
  WCHAR number[32];
  _snwprintf(number, 32, L"%llu", (unsigned long long)(ULONG_PTR)handle);
  wcscat(wcscat(wcscat(line, *line ? L" \"" : L"\""), handle ? number : word), L"\"");
}

int main(void) {
  int argc;
  WCHAR **argv = CommandLineToArgvW(GetCommandLineW(), &argc);
  if (argc < 4) return 94;
  const WCHAR *how = argv[1];
  WCHAR **words = argv + 2;
  static struct channel records, messages, error;
  static WCHAR line[8192];
  HANDLE owner, held, input = GetStdHandle(STD_INPUT_HANDLE), output = GetStdHandle(STD_OUTPUT_HANDLE);
  /* Numbers that no program has by accident. */
  for (int i = 0; i < 400; i++) CreateEventW(NULL, FALSE, FALSE, NULL);
  CreatePipe(&owner, &held, NULL, 0);
  open_channel(&records), open_channel(&messages), open_channel(&error);
  HANDLE passed[] = {owner, records.theirs, messages.theirs, error.theirs, output, input};
  for (int i = 0; i < 6; i++) SetHandleInformation(passed[i], HANDLE_FLAG_INHERIT, HANDLE_FLAG_INHERIT);
#define WORD(text) put_word(line, text, owner, records.theirs, error.theirs)
  for (int i = 0; words[i]; i++) {
    WORD(words[i]);
    if (i == 1)
      _snwprintf(line + wcslen(line), 256, L" --owner=handle:%llu --records=handle:%llu --summary=none",
                 (unsigned long long)(ULONG_PTR)owner, (unsigned long long)(ULONG_PTR)records.theirs);
    if (i == 1 && !wcscmp(words[1], L"run"))
      _snwprintf(line + wcslen(line), 256, L" --stdio=0,1,handle:%llu", (unsigned long long)(ULONG_PTR)error.theirs);
  }
  STARTUPINFOEXW startup = {.StartupInfo = {.cb = sizeof startup, .dwFlags = STARTF_USESTDHANDLES, .hStdInput = input,
                                            .hStdOutput = output, .hStdError = messages.theirs}};
  SIZE_T size = 0;
  InitializeProcThreadAttributeList(NULL, 1, 0, &size);
  startup.lpAttributeList = malloc(size);
  InitializeProcThreadAttributeList(startup.lpAttributeList, 1, 0, &size);
  UpdateProcThreadAttribute(startup.lpAttributeList, 0, PROC_THREAD_ATTRIBUTE_HANDLE_LIST, passed, sizeof passed, NULL,
                            NULL);
  PROCESS_INFORMATION started;
  if (!CreateProcessW(words[0], line, NULL, NULL, TRUE, EXTENDED_STARTUPINFO_PRESENT, NULL, NULL, &startup.StartupInfo,
                      &started))
    ExitProcess(95);
  CloseHandle(owner);
  read_channel(&records), read_channel(&messages), read_channel(&error);
  if (wcscmp(how, L"wait")) {
    while (!strchr(error.bytes, '!') && WaitForSingleObject(records.thread, 5) == WAIT_TIMEOUT);
    if (!wcscmp(how, L"die")) ExitProcess(0);
    CloseHandle(held);
  }
  DWORD code;
  WaitForSingleObject(records.thread, INFINITE);
  WaitForSingleObject(messages.thread, INFINITE);
  WaitForSingleObject(error.thread, INFINITE);
  WaitForSingleObject(started.hProcess, INFINITE);
  GetExitCodeProcess(started.hProcess, &code);
  printf("[exit]%lu\n[error]%s\n[messages]%s\n[records]%s", code, error.bytes, messages.bytes, records.bytes);
  return 0;
}
