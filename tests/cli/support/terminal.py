# usage: terminal.py STEPS COMMAND [ARGUMENT...]
# Runs the command on a new terminal and plays the steps, a JSON list, one after another:
#   ["expect", TEXT]          until TEXT has come out of the terminal, after what was expected before
#   ["type", TEXT]            TEXT typed
#   ["signal", NAME]          sent to the command, by somebody else than the terminal
#   ["close"]                 the terminal hangs up
#   ["unread", COMMAND]       COMMAND, a list, run to its end by somebody else while nobody reads the terminal; it succeeds
# Then waits for the command and prints one line of JSON: transcript, exit_code or signal, stopped.
import json, os, pty, select, signal, subprocess, sys, time

steps, command = json.loads(sys.argv[1]), sys.argv[2:]
pid, terminal = pty.fork()
if pid == 0:
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGTSTP, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
    os.execvp(command[0], command)

seen, at, end = b"", 0, time.monotonic() + 30


def read(wait):
    global seen
    if terminal is None or not select.select([terminal], [], [], wait)[0]:
        return terminal is not None
    try:
        piece = os.read(terminal, 65536)
    except OSError:  # EIO: nobody has it open any more
        return False
    seen += piece
    return piece != b""


problem = None
for step in steps:
    if step[0] == "type":
        os.write(terminal, step[1].encode())
    elif step[0] == "signal":
        os.kill(pid, getattr(signal, step[1]))
    elif step[0] == "unread":
        try:
            done = subprocess.run(step[1], stdin=subprocess.DEVNULL, capture_output=True, timeout=30)
            if done.returncode != 0:
                problem = "it failed: " + done.stderr.decode("utf8", "replace")
        except subprocess.TimeoutExpired:
            problem = "it did not end: " + " ".join(step[1])
        if problem:
            break
        end = time.monotonic() + 30
    elif step[0] == "close":
        os.close(terminal)
        terminal = None
    else:
        wanted = step[1].encode()
        while wanted not in seen[at:]:
            if time.monotonic() > end or not read(0.1) and wanted not in seen[at:]:
                problem = "never came: " + step[1]
                break
        if problem:
            break
        at = seen.index(wanted, at) + len(wanted)

status = None
while status is None and time.monotonic() < end:
    if not read(0.05):
        time.sleep(0.01)
    ended, code = os.waitpid(pid, os.WNOHANG)
    if ended:
        status = code
if status is None:
    for entry in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.getsid(int(entry)) == pid:
                os.kill(int(entry), signal.SIGKILL)
        except ProcessLookupError:
            pass
    problem = problem or "did not end"
while terminal is not None and select.select([terminal], [], [], 0)[0] and read(0):
    pass
print(json.dumps({
    "transcript": seen.decode("utf8", "replace"),
    "exit_code": os.WEXITSTATUS(status) if status is not None and os.WIFEXITED(status) else None,
    "signal": os.WTERMSIG(status) if status is not None and os.WIFSIGNALED(status) else None,
    "problem": problem,
}))
