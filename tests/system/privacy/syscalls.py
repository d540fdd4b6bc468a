"""Reads strace's logs: the system calls by which data can leave a process, one ``Action`` for each kind."""

import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

TRACED = (
    "open,openat,openat2,creat,write,writev,pwrite64,pwritev,pwritev2,sendfile,splice,vmsplice,tee,copy_file_range,"
    "fallocate,ftruncate,truncate,socket,socketpair,connect,bind,listen,accept,accept4,sendto,sendmsg,sendmmsg,"
    "memfd_create,memfd_secret,shmget,shmat,mmap,rename,renameat,renameat2,link,linkat,symlink,symlinkat,mkdir,mkdirat,"
    "mknod,mknodat,unlink,unlinkat,rmdir,chmod,fchmod,fchmodat,setxattr,fsetxattr,lsetxattr,execve,execveat,fork,vfork,"
    "clone,clone3,ptrace,process_vm_readv,process_vm_writev,io_uring_setup,add_key,keyctl,msgget,msgsnd,mq_open,"
    "mq_timedsend,semget,syslog,bpf,perf_event_open,userfaultfd,mount,pidfd_getfd"
)
_CALL = re.compile(r"^(\w+)\((.*)\)\s+= (.*)$")
_OPENS = {"open", "openat", "openat2", "creat"}
_WRITING = re.compile(r"O_WRONLY|O_RDWR|O_CREAT|O_TRUNC|O_APPEND|O_TMPFILE")
_QUOTED = re.compile(r'"((?:[^"\\]|\\.)*)"')
_DECORATED = re.compile(r"^[\w-]*<(.*?)>(?:,|$)")
_RESULT = re.compile(r"^\d+<(.*)>$")
_NAMED = re.compile(r'UNIX[-\w]*:\[[^\]"]*"([^"]*)"\]')
_PIPES = re.compile(r"(pipe|UNIX[-\w]*|anon_inode):\[[^\]]*\]")


@dataclass(frozen=True)
class Action:
    """A kind of system call: its name, its target (a path, a socket, …) and a detail. Rules match its ``str``."""

    call: str
    target: str
    detail: str = ""

    def __str__(self) -> str:
        return " ".join(part for part in (self.call, self.target, self.detail) if part)


def read(logs: list[Path]) -> Counter[Action]:
    """Count the actions of all threads; ``strace -ff`` writes one log for each. Raises ValueError."""
    actions: Counter[Action] = Counter()
    for log in logs:
        for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith(("+++", "---")):
                continue
            action = parse(line)
            if action is not None:
                actions[action] += 1
    return actions


def parse(line: str) -> Action | None:
    """Parse one line. Returns None for private memory. Raises ValueError if it is not a line of strace."""
    match = _CALL.match(line)
    if match is None:
        raise ValueError(f"not a line of strace: {line}")
    call, arguments, result = match.groups()
    if call in _OPENS:
        return _open(arguments, result)
    if call == "mmap":
        if "MAP_SHARED" not in arguments:
            return None
        can_write = "written" if "PROT_WRITE" in arguments else "read"
        return Action("mmap shared", _descriptor(arguments.split(", ", 4)[4]), can_write)
    if call in ("clone", "clone3", "fork", "vfork"):
        return Action("thread" if "CLONE_THREAD" in arguments else "process", "")
    if call in ("socket", "socketpair"):
        return Action(call, ", ".join(arguments.split(", ")[:2]))
    quoted = _QUOTED.findall(arguments)
    if call in ("connect", "bind") or (call == "sendto" and "sun_path" in arguments):
        return Action(call, " ".join(quoted[-1:]) or _descriptor(arguments))
    if call in ("execve", "execveat"):
        return Action(call, quoted[0], _failure(result))
    if _DECORATED.match(arguments) and not call.endswith("at"):
        return Action(call, _descriptor(arguments))
    return Action(call, " ".join(quoted) or arguments, _failure(result))


def _open(arguments: str, result: str) -> Action:
    way = "open to write" if _WRITING.search(arguments) else "open to read"
    opened = _RESULT.match(result)
    paths = _QUOTED.findall(arguments)
    # The file that was really opened: a path may lead through a link.
    target = opened.group(1) if opened else paths[0] if paths else arguments
    return Action(way, target.split("<char ")[0], _failure(result))


def _failure(result: str) -> str:
    return "refused" if result.startswith("-1 ") else ""


def _descriptor(arguments: str) -> str:
    """What the descriptor in the first argument refers to; ``anonymous`` if it is -1."""
    if arguments.startswith("-1"):
        return "anonymous"
    match = _DECORATED.match(arguments)
    if match is None:
        return arguments
    # A socket with a name is known by it, also each connection to it.
    return _PIPES.sub(r"\1", _NAMED.sub(r"\1", match.group(1)))
