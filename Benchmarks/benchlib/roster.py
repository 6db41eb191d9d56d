"""Which subjects take part in which benchmark."""

from .peers import LXC, BaileyOCI, Bubblewrap, Crun, CrunConmon, Nspawn, Runc
from .subjects import Bailey, BaileyInit, BaileyTemplate, Floor, FloorInit, Native

START_SUBJECTS = [Floor, FloorInit, Bailey, BaileyTemplate, BaileyInit, BaileyOCI, Crun, Runc, Bubblewrap, Nspawn, LXC]


MEMORY_SUBJECTS = [FloorInit, Floor, Bailey, BaileyTemplate, BaileyOCI, Crun, CrunConmon, Runc, Bubblewrap, Nspawn, LXC]
INSIDE_SUBJECTS = [Native, Floor, Bailey, BaileyOCI, Crun]


def choose(workspace, classes, names):
    """The subjects asked for by name, comma-separated; None is all of them. An unknown name ends the program."""
    subjects = [kind(workspace) for kind in classes]
    if names is None:
        return subjects
    known = {subject.name: subject for subject in subjects}
    wanted = [name.strip() for name in names.split(",")]
    for name in wanted:
        if name not in known:
            raise SystemExit(f"--subjects: unknown subject '{name}': known are {', '.join(known)}")
    return [known[name] for name in wanted]
