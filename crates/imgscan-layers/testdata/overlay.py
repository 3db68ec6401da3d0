"""Random layer stacks and what the kernel's overlay file system makes of them (run as root).

Each layer is unpacked into a directory of its own the way containerd does it (pkg/archive/tar.go, applyNaive with
OverlayConvertWhiteout), then all are mounted one over another and the tree is listed. One JSON object a line:
{"layers": [[[op, path, argument] ...] ...], "tree": {path: [kind, value]}}.

usage: overlay.py COUNT SEED > stacks.jsonl
"""

import json
import os
import random
import shutil
import subprocess
import sys
import tempfile

NAMES = ["a.conf", "b.conf", "c.conf"]


def some_path(rng, depth=3):
    return "/".join(rng.choice(NAMES) for _ in range(rng.randint(1, depth)))


def some_layer(rng):
    ops = []
    for _ in range(rng.randint(1, 9)):
        kind = rng.choice(["file"] * 5 + ["dir"] * 3 + ["symlink"] * 2 + ["hardlink"] * 2 + ["whiteout"] * 3 + ["opaque"])
        path = some_path(rng)
        if kind == "symlink":
            target = rng.choice(["", "/", "../"]) + some_path(rng, 2)
            ops.append([kind, path, target])
        elif kind == "hardlink":
            ops.append([kind, path, some_path(rng)])
        else:
            ops.append([kind, path, ""])
    return ops


def root_path(root, path, links=0):
    """continuity's fs.RootPath: every link is followed inside the root; what is missing stays as it is."""
    here = []
    pending = [p for p in path.split("/") if p not in ("", ".")]
    while pending:
        name = pending.pop(0)
        if name == "..":
            here = here[:-1]
            continue
        full = os.path.join(root, *here, name)
        if os.path.islink(full):
            links += 1
            if links > 40:
                raise OSError("too many links")
            target = os.readlink(full)
            if target.startswith("/"):
                here = []
            pending = [p for p in target.split("/") if p not in ("", ".")] + pending
        else:
            here.append(name)
    return os.path.join(root, *here)


def remove_all(path):
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path)
    elif os.path.lexists(path):
        os.remove(path)


def mkparent(path):
    os.makedirs(path, mode=0o755, exist_ok=True)
    if os.path.islink(path):
        raise OSError("not a directory")


def unpack(root, ops, layer):
    """Applies what can be applied; answers the entries that a runtime would not stumble over."""
    taken, marked, written = [], set(), set()
    for index, (kind, path, argument) in enumerate(ops):
        parent, base = os.path.split(path)
        try:
            if kind == "opaque":
                dir = root_path(root, path)
                mkparent(dir)
                os.setxattr(dir, "trusted.overlay.opaque", b"y")
                taken.append([kind, path, argument])
                continue
            dir = root_path(root, parent)
            full = os.path.join(dir, base)
            if kind == "whiteout":
                # A name that stands and is taken away in one layer: the runtimes fail or show what the spec hides.
                if full in written or os.path.lexists(full):
                    continue
                mkparent(dir)
                os.mknod(full, 0o600 | 0o020000, os.makedev(0, 0))
                marked.add(full)
                taken.append([kind, path, argument])
                continue
            if any(full == m or full.startswith(m + "/") for m in marked):
                continue
            if kind == "hardlink":
                target_parent, target_base = os.path.split(argument)
                target = os.path.join(root_path(root, target_parent), target_base)
                if target in marked or not os.path.lexists(target) or (os.path.isdir(target) and not os.path.islink(target)) or target == full:
                    continue
                # Making way for the link must not take its target away.
                if target.startswith(full + "/"):
                    continue
            mkparent(dir)
            is_dir = os.path.isdir(full) and not os.path.islink(full)
            if os.path.lexists(full) and not (is_dir and kind == "dir"):
                remove_all(full)
                marked = {m for m in marked if not m.startswith(full + "/")}
                written = {w for w in written if not w.startswith(full + "/")}
            if kind == "dir":
                os.makedirs(full, exist_ok=True)
            elif kind == "symlink":
                os.symlink(argument, full)
            elif kind == "hardlink":
                os.link(target, full, follow_symlinks=False)
            else:
                argument = f"layer {layer} entry {index}"
                with open(full, "w") as file:
                    file.write(argument)
            written.add(full)
            taken.append([kind, path, argument])
        except OSError:
            # A runtime stumbles over the entry (below a file, behind a loop of links): nothing to compare.
            continue
    return taken


def listing(root):
    tree = {}
    for dir, dirs, files in os.walk(root):
        for name in dirs + files:
            full = os.path.join(dir, name)
            path = full[len(root):]
            # A directory that no lower layer has lists the marks of what is taken away in it.
            if not os.path.lexists(full):
                continue
            if os.path.islink(full):
                tree[path] = ["symlink", os.readlink(full)]
            elif os.path.isdir(full):
                tree[path] = ["dir", ""]
            else:
                tree[path] = ["file", open(full).read()]
    return tree


def main():
    count, seed = int(sys.argv[1]), int(sys.argv[2])
    rng = random.Random(seed)
    work = tempfile.mkdtemp()
    subprocess.check_call(["mount", "-t", "tmpfs", "tmpfs", work])
    try:
        for number in range(count):
            base = f"{work}/{number}"
            layers, dirs = [], []
            for layer in range(rng.randint(1, 5)):
                dir = f"{base}/{layer}"
                os.makedirs(dir)
                layers.append(unpack(dir, some_layer(rng), layer))
                dirs.append(dir)
            os.makedirs(f"{base}/empty")
            os.makedirs(f"{base}/merged")
            lower = ":".join([*reversed(dirs), f"{base}/empty"])
            subprocess.check_call(["mount", "-t", "overlay", "overlay", "-o", f"lowerdir={lower}", f"{base}/merged"])
            try:
                tree = listing(f"{base}/merged")
            finally:
                subprocess.check_call(["umount", f"{base}/merged"])
            print(json.dumps({"layers": layers, "tree": tree}, separators=(",", ":"), sort_keys=True))
            shutil.rmtree(base)
    finally:
        subprocess.check_call(["umount", work])
        os.rmdir(work)


main()
