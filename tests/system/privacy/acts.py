"""What a process did that can carry data out of it, read from strace's logs: one ``Act`` for each kind."""

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
_PIPES = re.compile(r"(pipe|UNIX[-\w]*|anon_inode):\[[^\]]*\]")


@dataclass(frozen=True)
class Act:
    """One kind of act: call, upon what (a path, a socket, …), and what matters of the rest. Rules judge its ``str``."""

    call: str
    target: str
    detail: str = ""

    def __str__(self) -> str:
        return " ".join(one for one in (self.call, self.target, self.detail) if one)


def read(logs: list[Path]) -> Counter[Act]:
    """The acts of all threads and how often each was done; ``-ff`` gives a log for each. Raises ValueError."""
    acts: Counter[Act] = Counter()
    for log in logs:
        for line in log.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith(("+++", "---")):
                continue
            act = parse(line)
            if act is not None:
                acts[act] += 1
    return acts


def parse(line: str) -> Act | None:
    """One line; None for private memory, which nobody else sees. Raises ValueError for what strace does not write."""
    match = _CALL.match(line)
    if match is None:
        raise ValueError(f"no line of strace's: {line}")
    call, arguments, result = match.groups()
    if call in _OPENS:
        return _open(arguments, result)
    if call == "mmap":
        if "MAP_SHARED" not in arguments:
            return None
        can_write = "written" if "PROT_WRITE" in arguments else "read"
        return Act("mmap shared", _descriptor(arguments.split(", ", 4)[4]), can_write)
    if call in ("clone", "clone3", "fork", "vfork"):
        return Act("thread" if "CLONE_THREAD" in arguments else "process", "")
    if call in ("socket", "socketpair"):
        return Act(call, ", ".join(arguments.split(", ")[:2]))
    quoted = _QUOTED.findall(arguments)
    if call in ("connect", "bind") or (call == "sendto" and "sun_path" in arguments):
        return Act(call, " ".join(quoted[-1:]) or _descriptor(arguments))
    if call in ("execve", "execveat"):
        return Act(call, quoted[0], _failure(result))
    if _DECORATED.match(arguments) and not call.endswith("at"):
        return Act(call, _descriptor(arguments))
    return Act(call, " ".join(quoted) or arguments, _failure(result))


def _open(arguments: str, result: str) -> Act:
    way = "open to write" if _WRITING.search(arguments) else "open to read"
    opened = _RESULT.match(result)
    paths = _QUOTED.findall(arguments)
    # What was opened, not what it was called: a link leads elsewhere.
    target = opened.group(1) if opened else paths[0] if paths else arguments
    return Act(way, target.split("<char ")[0], _failure(result))


def _failure(result: str) -> str:
    return "refused" if result.startswith("-1 ") else ""


def _descriptor(arguments: str) -> str:
    """What the first argument, a descriptor, stands for; ``anonymous`` where it is none."""
    if arguments.startswith("-1"):
        return "anonymous"
    match = _DECORATED.match(arguments)
    return _PIPES.sub(r"\1", match.group(1)) if match else arguments
