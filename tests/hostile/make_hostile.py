#!/usr/bin/env python3
# ruff: noqa
# fmt: off
# A table of cases, one a line however long: it is read across, and the bytes it writes are pinned by expected.csv.
"""make_hostile.py OUTDIR [--bomb-gib N] [--entries N] [--only GLOB]

Writes hostile, malformed and odd layers, images and uploads into OUTDIR, small on
disk (about 60 MB with the defaults), the same bytes on every run, standard library only.
Nothing here is dangerous to hold or to hash; never extract the files with a tar program.

  OUTDIR/<group>/<case>.layer.tar|.layer.tar.gz|.layer.tar.zst   the bare file system archive
  OUTDIR/<group>/<case>.docker.tar   the same as a one-layer (or two-layer) `docker save` image
  OUTDIR/<group>/<case>.oci.tar      the same as an OCI layout in a tar
  OUTDIR/expected.csv                one row per case: what an importer must do

verdict column:
  reject   refuse the whole upload with a clear 4xx message; nothing of it becomes visible
  limit    refuse because of a limit, early (see the limits in security.md), naming the limit
  accept   import; then the `check` text must hold
  contain  accept or reject, but no effect outside the image, no server error, bounded time and memory
"""
import argparse, csv, fnmatch, gzip, hashlib, io, json, os, struct, sys, zlib

B = 512
ap = argparse.ArgumentParser()
ap.add_argument("out")
ap.add_argument("--bomb-gib", type=int, default=2, help="expanded size of the gzip bombs")
ap.add_argument("--entries", type=int, default=300_000, help="entries in the entry-count bomb")
ap.add_argument("--only", default="*")
A = ap.parse_args()
ROWS = []

# ---------------------------------------------------------------- raw tar, every field free
def num(v, w):
    if isinstance(v, bytes):
        return v.ljust(w, b"\0")[:w]
    if 0 <= v < 8 ** (w - 1):
        return b"%0*o\0" % (w - 1, v)
    return bytes([0x80 if v >= 0 else 0xFF]) + (v & (256 ** (w - 1) - 1)).to_bytes(w - 1, "big")   # base-256

def hdr(name=b"f", size=0, typ=b"0", mode=0o644, uid=0, gid=0, mtime=1_700_000_000, link=b"", magic=b"ustar\x0000",
        uname=b"root", gname=b"root", major=0, minor=0, prefix=b"", tail=None, chk=None):
    h = (name[:100].ljust(100, b"\0") + num(mode, 8) + num(uid, 8) + num(gid, 8) + num(size, 12) + num(mtime, 12)
         + b" " * 8 + typ + link[:100].ljust(100, b"\0") + magic + uname[:32].ljust(32, b"\0") + gname[:32].ljust(32, b"\0")
         + num(major, 8) + num(minor, 8) + prefix[:155].ljust(155, b"\0"))
    if tail is not None:                              # old GNU: replaces everything after gname/dev fields
        h = h[:345] + tail.ljust(167, b"\0")[:167]
    h = h.ljust(B, b"\0")
    c = sum(h) if chk is None else chk
    return h[:148] + (c if isinstance(c, bytes) else b"%06o\0 " % c) + h[156:]

def pad(d): return d + b"\0" * (-len(d) % B)

def rec(k, v):                                        # one PAX record with a right length
    body = b" " + k + b"=" + v + b"\n"
    n = len(body); n = len(str(n + len(str(n)))) + n
    while len(str(n)) + len(body) != n: n = len(str(n)) + len(body)
    return str(n).encode() + body

def pax(*recs, typ=b"x", name=b"PaxHeaders/f"):
    d = b"".join(r if isinstance(r, bytes) else rec(*r) for r in recs)
    return hdr(name, len(d), typ) + pad(d)

def gnul(s, typ=b"L"):
    s += b"\0"
    return hdr(b"././@LongLink", len(s), typ, magic=b"ustar  \0") + pad(s)

def ent(name, data=b"", typ=b"0", **kw):
    pre = b""
    link = kw.pop("link", b"")
    rs = []
    if len(name) > 100: rs.append((b"path", name))
    if len(link) > 100: rs.append((b"linkpath", link))
    if rs: pre = pax(*rs)
    size = kw.pop("size", len(data))
    return pre + hdr(name, size, typ, link=link, **kw) + pad(data)

def d_(name, **kw): return ent(name.rstrip(b"/") + b"/", typ=b"5", mode=kw.pop("mode", 0o755), **kw)
def sl(name, to, **kw): return ent(name, typ=b"2", link=to, mode=0o777, **kw)
def hl(name, to, **kw): return ent(name, kw.pop("data", b""), typ=b"1", link=to, **kw)
END = b"\0" * 1024
def tar(*parts, end=END): return b"".join(parts) + end
OK1 = ent(b"hello.txt", b"hello\n")                   # a normal member, to see whether it is still listed
BASE = tar(d_(b"etc"), ent(b"etc/passwd", b"root:x:0:0:inside\n"), d_(b"a"), d_(b"a/b"), ent(b"a/b/bar", b"bar\n"),
           d_(b"bin"), ent(b"bin/tool", b"#!/bin/sh\n", mode=0o755), ent(b"file1", b"one\n"), ent(b"keep", b"keep\n"),
           sl(b"localetc", b"/etc"), sl(b"dead", b"/dne"))

# ---------------------------------------------------------------- images
def sha(b): return hashlib.sha256(b).hexdigest()
def jd(o): return json.dumps(o, separators=(",", ":")).encode()
def gz(b, level=9):
    o = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=o, mtime=0, compresslevel=level) as g: g.write(b)
    return o.getvalue()

def config(diffs, **over):
    c = {"architecture": "amd64", "os": "linux", "created": "2024-01-01T00:00:00Z",
         "config": {"Env": ["PATH=/bin"], "Cmd": ["/bin/sh"], "Labels": {}},
         "rootfs": {"type": "layers", "diff_ids": ["sha256:" + d for d in diffs]},
         "history": [{"created": "2024-01-01T00:00:00Z", "created_by": "hostile"} for _ in diffs]}
    c.update(over)
    return {k: v for k, v in c.items() if v is not ...}

def docker(layers, cfg=None, man=None, extra=b"", raw_cfg=None, raw_man=None, tags=("hostile:latest",), diffs=None, names=None, before=b""):
    """docker save; man: function changing the manifest list; raw_*: bytes put in instead of JSON."""
    diffs = diffs or [sha(l) for l in layers]
    cb = raw_cfg if raw_cfg is not None else jd(config(diffs, **(cfg or {})))
    names = names or [f"{i:02d}/layer.tar" for i in range(len(layers))]
    m = [{"Config": sha(cb) + ".json", "RepoTags": list(tags) if tags is not None else None, "Layers": names}]
    if man: m = man(m)
    mb = raw_man if raw_man is not None else jd(m)
    return tar(before, *[ent(n.encode(), l) for n, l in zip(names, layers) if l is not None],
               ent((sha(cb) + ".json").encode(), cb), extra, *([ent(b"manifest.json", mb)] if mb != b"ABSENT" else []))

GZT, TART, ZST = (f"application/vnd.oci.image.layer.v1.tar{x}" for x in ("+gzip", "", "+zstd"))
MT, IT, CT = (f"application/vnd.oci.image.{x}" for x in ("manifest.v1+json", "index.v1+json", "config.v1+json"))
def desc(b, mt, **over): return {**{"mediaType": mt, "digest": "sha256:" + sha(b), "size": len(b)}, **over}
def blob(b, h=None): return ent(b"blobs/sha256/" + (h or sha(b)).encode(), b)

def oci(layers, diffs=None, mts=None, cfg=None, man=None, idx=None, extra=b"", layout=b'{"imageLayoutVersion":"1.0.0"}',
        raw_idx=None, raw_man=None, raw_cfg=None, skip=()):
    """OCI layout in a tar. layers: blobs as stored; diffs: sha256 of the uncompressed tar."""
    diffs = diffs or [sha(l) for l in layers]
    mts = mts or [TART] * len(layers)
    cb = raw_cfg if raw_cfg is not None else jd(config(diffs, **(cfg or {})))
    m = {"schemaVersion": 2, "mediaType": MT, "config": desc(cb, CT), "layers": [desc(l, t) for l, t in zip(layers, mts)]}
    if man: m = man(m) or m
    mb = raw_man if raw_man is not None else jd(m)
    i = {"schemaVersion": 2, "mediaType": IT, "manifests": [desc(mb, MT, annotations={"org.opencontainers.image.ref.name": "latest"})]}
    if idx: i = idx(i) or i
    ib = raw_idx if raw_idx is not None else jd(i)
    seen, bl = set(), b""
    for b in [*layers, cb, mb]:
        if sha(b) not in seen and b not in skip: seen.add(sha(b)); bl += blob(b)
    return tar(*([ent(b"oci-layout", layout)] if layout is not None else []),
               *([ent(b"index.json", ib)] if ib != b"ABSENT" else []), d_(b"blobs"), d_(b"blobs/sha256"), bl, extra)

def put(group, case, kind, data, verdict, threat, check, anchor="", expands=0):
    name = f"{group}/{case}{kind}"
    if not fnmatch.fnmatch(name, A.only): return
    p = os.path.join(A.out, name); os.makedirs(os.path.dirname(p), exist_ok=True)
    with open(p, "wb") as f: f.write(data)
    ROWS.append(dict(file=name, group=group, case=case, kind=kind.strip("."), verdict=verdict, threat=threat, check=check,
                     anchor=anchor, bytes=len(data), expands_to=expands or len(data), sha256=sha(data)))

def layer(group, case, data, verdict, threat, check, anchor="", base=None, expands=0):
    """A hostile layer: bare, and inside an otherwise right docker image (on top of BASE when base is set)."""
    put(group, case, ".layer.tar", data, verdict, threat, check, anchor, expands)
    put(group, case, ".docker.tar", docker(([BASE] if base else []) + [data]), verdict, threat, check, anchor, expands)

# ================================================================ 1 paths
V = b"pwned\n"
IN = "no file is written, read or shown outside the image; the member is refused, or shown at its cleaned path inside the image root"
for c, n in {"dotdot": b"../../../../../../tmp/hostile-pwned", "dotdot-mid": b"a/../../../../tmp/hostile-pwned", "absolute": b"/tmp/hostile-pwned",
             "abs-dotdot": b"/../../tmp/hostile-pwned", "double-slash": b"//tmp//hostile-pwned", "dot-slash": b"./././x",
             "backslash": b"..\\..\\..\\tmp\\hostile-pwned", "drive": b"C:\\Windows\\hostile-pwned", "drive-rel": b"C:hostile-pwned",
             "unc": b"\\\\host\\share\\x", "encoded": b"%2e%2e%2f%2e%2e%2ftmp%2fhostile-pwned", "overlong-utf8": b"\xc0\xae\xc0\xae/\xc0\xae\xc0\xae/tmp/x",
             "fullwidth": "．．／．．／tmp／x".encode(), "dotdot-space": b".. /.. /tmp/x", "dotdot-end": b"a/b/..", "root-sibling": b"../rootfs-evil/x"}.items():
    layer("path", c, tar(OK1, ent(n, V)), "contain", "T1", IN, "containerd TestBreakouts; moby TestApplyLayerInvalidFilenames; CVE-2007-4559")
for c, n in {"empty": b"", "dot": b".", "slash": b"/", "dotdot-only": b"..", "dot-slash-only": b"./"}.items():
    layer("path", "file-named-" + c, tar(OK1, ent(n, V)), "contain", "T1", "a regular file must not replace the image root; hello.txt is still there", "tar-rs empty_filename.tar; umoci CVE-2021-29136")
layer("path", "nul-in-pax-path", tar(OK1, pax((b"path", b"good\0/../../evil")), hdr(b"f", 1), pad(b"x")), "reject", "T1", "NUL in a path is malformed", "Go pax-nul-path.tar")
layer("path", "component-300", tar(OK1, ent(b"n" * 300, V)), "contain", "T6", "component > 255 bytes: shown, or limit named", "NAME_MAX")
layer("path", "path-5000", tar(OK1, ent(b"d/" * 2500 + b"f", V)), "limit", "T6", "path > 4096 bytes", "PATH_MAX; CVE-2025-4517")
layer("path", "path-1MiB", tar(OK1, ent(b"d/" * 524288 + b"f", V)), "limit", "T6", "path of 1 MiB", "libarchive pathname_limit 1 MiB")
layer("path", "depth-20000", tar(*[ent(b"/".join([b"d"] * k) + b"/", typ=b"5") for k in range(1, 48)], ent(b"e/" * 2040 + b"f", V), ent(b"g/" * 20000 + b"f", V)),
      "limit", "T6", "20 000 nested directories: no recursion error, no quadratic time", "node-tar excessively-deep.tar, CVE-2024-28863")
layer("path", "file-as-parent", tar(ent(b"x", V), ent(b"x/y", V), ent(b"x/y/z", V)), "contain", "T2", "a file used as a directory: last one wins or refused, same answer every time", "umoci TestUnpackEntryNonDirParent")
layer("path", "dup-names", tar(*[ent(b"same", b"%d\n" % k) for k in range(50)]), "contain", "T2", "last member wins (content 49) or refused as duplicate; never both shown", "ggcr validate: duplicate file path; image-spec layer.md MUST NOT")
layer("path", "dup-file-dir-link", tar(ent(b"x", V), d_(b"x"), sl(b"x", b"/etc"), ent(b"x", b"last\n")), "contain", "T2", "type changes inside a layer: last wins", "containerd SymlinkOverridePath")
layer("path", "file-with-slash", tar(OK1, ent(b"looks-like-dir/", b"data\n")), "contain", "T2", "regular member ending in '/'", "Go trailing-slash.tar; CVE-2025-13462")
layer("path", "unicode-twins", tar(ent("caf\u00e9".encode(), b"nfc\n"), ent("cafe\u0301".encode(), b"nfd\n"), ent(b"README", b"up\n"), ent(b"readme", b"low\n")),
      "accept", "T5", "four distinct files, each opened by its own link", "CVE-2021-39135 class (node-tar unicode/case cache)")

# ================================================================ 2 links
ESC = "every path is resolved inside the image root; /etc/passwd of the host is never shown; writes land inside the image or are refused"
LK = "containerd TestBreakouts; moby TestApplyLayerInvalidSymlink/Hardlink; CVE-2026-17106"
for c, to in {"abs-passwd": b"/etc/passwd", "rel-passwd": b"../../../../../../../../etc/passwd", "proc-environ": b"/proc/self/environ", "proc-root": b"/proc/1/root", "self": b"self-link",
              "dot": b".", "slash": b"/", "empty": b"", "fd": b"/dev/fd/0", "js": b"javascript:alert(1)", "html": b"\"><script>alert(1)</script>"}.items():
    layer("link", "sym-" + c, tar(OK1, sl(b"self-link" if c == "self" else b"evil", to), hl(b"hard-to-sym", b"self-link" if c == "self" else b"evil")), "contain", "T1", ESC, LK)
layer("link", "sym-then-write-through", tar(sl(b"esc", b"/tmp"), ent(b"esc/hostile-pwned", V)), "contain", "T1", ESC, LK)
layer("link", "sym-chain-write", tar(sl(b"a1", b".."), sl(b"a2", b"a1/.."), sl(b"a3", b"a2/.."), sl(b"a4", b"a3/tmp"), ent(b"a4/hostile-pwned", V)), "contain", "T1", ESC, LK)
layer("link", "sym-root-replaced", tar(sl(b".", b"/tmp"), ent(b"hostile-pwned", V)), "contain", "T1", "the image root is never replaced by a link", "CVE-2021-29136 (umoci)")
layer("link", "sym-loop", tar(sl(b"l1", b"l2"), sl(b"l2", b"l3"), sl(b"l3", b"l1"), ent(b"l1/x", V)), "contain", "T1", "loop: clear message, no hang", "ELOOP, 40 hops")
layer("link", "sym-chain-1000", tar(*[sl(b"c%d" % k, b"c%d" % (k + 1)) for k in range(1000)], ent(b"c1000", V)), "contain", "T6", "hop limit (40 as in Linux)", "ELOOP")
layer("link", "sym-fanout", tar(*[sl(b"s%d" % k, b"/".join([b"s%d" % (k + 1)] * 2)) for k in range(60)], d_(b"s60")), "contain", "T6", "2^60 steps if hops are not counted over the whole resolution", "CVE-2025-4517 class; kernel MAXSYMLINKS")
layer("link", "sym-realpath-4096", tar(*[x for k in range(16) for x in (d_(b"/".join([b"d" * 247] * (k + 1))), sl(b"/".join([b"d" * 247] * k + [b"%c" % (97 + k)]), b"d" * 247))],
      sl(b"/".join([b"%c" % (97 + k) for k in range(16)]) + b"/" + b"l" * 254, b"../" * 16), sl(b"escape", b"/".join([b"%c" % (97 + k) for k in range(16)]) + b"/" + b"l" * 254 + b"/../../../../../../../etc"), hl(b"flag", b"escape/passwd")),
      "contain", "T1", ESC, "CVE-2025-4517/-4330/-4138 (realpath beyond PATH_MAX)")
layer("link", "hard-deep-symlink", tar(d_(b"a/b/c"), sl(b"a/b/c/link", b"../../x"), hl(b"shallow", b"a/b/c/link"), ent(b"shallow/y", V)), "contain", "T1", ESC, "CVE-2026-11940, CVE-2026-82049 (tarfile filters: hard link to symlink)")
for c, to in {"dotdot": b"../../../../../../etc/passwd", "absolute": b"/etc/passwd", "missing": b"not/there", "self": b"evil", "dir": b"adir", "empty": b"", "whiteout": b".wh.gone"}.items():
    layer("link", "hard-" + c, tar(OK1, d_(b"adir"), ent(b".wh.gone"), hl(b"evil", to)), "contain", "T1" if "passwd" in to.decode() else "T2", "host files never shown; a hard link without target is refused or shown as broken, other files stay usable", LK)
layer("link", "hard-loop", tar(hl(b"h1", b"h2"), hl(b"h2", b"h1")), "contain", "T2", "loop of hard links: no hang", "umoci TestUnpackHardlink")
layer("link", "hard-forward", tar(hl(b"h1", b"later"), ent(b"later", V)), "contain", "T2", "target comes later in the archive", "")
layer("link", "hard-lower-layer", tar(hl(b"newname", b"file1")), "accept", "T2", "newname shows 'one' (target in the lower layer)", "image-spec layer.md hardlinks", base=True)
layer("link", "hard-whited-out-lower", tar(ent(b".wh.file1"), hl(b"newname", b"file1")), "contain", "T2", "target deleted by the same layer: refused or broken, not a server error", "", base=True)
layer("link", "hard-with-data", tar(ent(b"t", b"target\n"), hl(b"h", b"t", data=b"body that must be skipped or used\n"), ent(b"after", b"after\n")), "contain", "T2", "'after' is listed, or the upload refused (readers differ on a hard link's body); never lost in silence", "libarchive test_compat_tar_hardlink_1; Go hdr-only.tar")
layer("link", "overwrite-symlink-dir", tar(ent(b"localetc/passwd", b"changed\n")), "accept", "T1", "etc/passwd of the image changes (or localetc becomes a directory, as moby and containerd do); the host's does not", "containerd DirectoryOverrideSymlink", base=True)
layer("link", "dead-link-parent", tar(ent(b"dead/x", V)), "contain", "T1", ESC, "containerd WhiteoutDeadSymlinkParent", base=True)

# ================================================================ 3 whiteouts
WO = "image-spec layer.md; containerd Whiteout*; moby TestApplyLayerWhiteouts; umoci TestUnpackEntryWhiteout"
def wo(case, parts, verdict, check): layer("whiteout", case, tar(*parts), verdict, "T2", check, WO, base=True)
wo("file", [ent(b".wh.file1")], "accept", "file1 gone, keep stays, no '.wh.' name shown in the merged view")
wo("dir", [ent(b".wh.a")], "accept", "a/ and everything below gone")
wo("missing", [ent(b".wh.never-existed")], "accept", "nothing changes")
wo("empty-name", [ent(b".wh.")], "reject", "'.wh.' without a name is invalid (spec: SHOULD error)")
wo("dot", [ent(b".wh..")], "reject", "'.wh..' would remove the directory itself")
wo("dotdot", [ent(b".wh...")], "reject", "'.wh...' would remove the parent")
wo("in-dir-dotdot", [ent(b"etc/.wh...")], "reject", "same below a directory")
wo("meta-empty", [ent(b".wh..wh.")], "contain", "whiteout of a whiteout: ignored or refused; nothing else vanishes")
wo("of-whiteout", [ent(b".wh..wh.file1")], "contain", "ignored or refused; file1 stays")
wo("opaque-before", [d_(b"a"), ent(b"a/.wh..wh..opq"), d_(b"a/b"), ent(b"a/b/foo", b"foo\n")], "accept", "a/b/foo only")
wo("opaque-after", [d_(b"a"), d_(b"a/b"), ent(b"a/b/foo", b"foo\n"), ent(b"a/.wh..wh..opq")], "accept", "a/b/foo only (order does not matter)")
wo("opaque-root", [ent(b".wh..wh..opq"), ent(b"new", b"new\n")], "accept", "only 'new' is left")
wo("opaque-as-dir", [d_(b"a/.wh..wh..opq"), ent(b"a/.wh..wh..opq/x", V)], "contain", "one documented answer; no '.wh.' name shown")
wo("opaque-as-symlink", [sl(b"a/.wh..wh..opq", b"/etc")], "contain", "one documented answer; link not followed")
wo("opaque-without-parent", [ent(b"newdir/.wh..wh..opq")], "contain", "no error for a directory not in lower layers")
wo("opaque-on-file", [ent(b"file1/.wh..wh..opq")], "contain", "parent is a file in the lower layer")
wo("as-dir-with-child", [d_(b".wh.a"), ent(b".wh.a/x", V)], "contain", "a/ stays or goes, documented; no server error")
wo("as-symlink", [sl(b".wh.file1", b"/etc/passwd")], "contain", "typeflag other than regular")
wo("with-content", [ent(b".wh.file1", b"not empty")], "contain", "whiteout with a body")
wo("same-layer-before", [ent(b".wh.file1"), ent(b"file1", b"two\n")], "accept", "file1 = 'two': whiteouts touch lower layers only")
wo("same-layer-after", [ent(b"file1", b"two\n"), ent(b".wh.file1")], "accept", "file1 = 'two' by the spec (containerd and moby delete it: document the choice)")
wo("dir-then-child", [ent(b".wh.a"), ent(b"a/new", b"new\n")], "accept", "a/new only; a/b gone")
wo("through-symlink", [ent(b"localetc/.wh.passwd")], "contain", "etc/passwd of the image or nothing; never the host's")
wo("through-dead-link", [ent(b"dead/.wh.x")], "contain", "no-op")
wo("relative", [ent(b"dne/../.wh.etc")], "contain", "cleaned path; etc gone, or refused")
wo("plnk", [d_(b".wh..wh.plnk"), ent(b".wh..wh.plnk/1.2", V), hl(b"viaplnk", b".wh..wh.plnk/1.2"), ent(b".wh..wh.aufs")], "contain", "AUFS metadata not shown; viaplnk readable or refused")
wo("plnk-missing", [hl(b"viaplnk", b".wh..wh.plnk/nope")], "contain", "'invalid aufs hardlink'")
wo("first-layer", [ent(b".wh.x"), ent(b"y", V)], "accept", "nothing below to delete")
wo("hard-link-to-removed", [ent(b".wh.file1"), hl(b"h", b".wh.file1")], "contain", "no '.wh.' content reachable")
wo("type-changes", [ent(b"a", b"now a file\n"), d_(b"file1"), ent(b"file1/child", V), sl(b"bin", b"a")], "accept", "a is a file, file1 a directory, bin a link; old children gone")
N = 4000
put("whiteout", "opaque-repeated", ".layer.tar.gz", gz(tar(*[ent(b"d/f%d" % k) for k in range(N)], *[ent(b"d/.wh..wh..opq")] * N)), "contain", "T6",
    f"{N} files x {N} opaque markers: time linear, under 5 s", "CVE-2026-95838 (containerd: repeated opaque whiteouts)", expands=2 * N * B)

# ================================================================ 4 special members
layer("special", "devices", tar(OK1, ent(b"dev/null", typ=b"3", major=1, minor=3), ent(b"dev/sda", typ=b"4", major=8, minor=0), ent(b"fifo", typ=b"6"), ent(b"cont", V, typ=b"7")),
      "accept", "T3", "devices and FIFOs are listed, never created or opened on the host; export keeps them", "containerd TestHandleTarTypeBlockCharFifoDeviceRange; umoci unpack [mknod]")
layer("special", "device-range", tar(OK1, ent(b"dev/x", typ=b"3", major=2**40, minor=-5)), "contain", "T3", "numbers out of range: shown or refused", "containerd DeviceRange")
layer("special", "fifo-with-data", tar(ent(b"fifo", V, typ=b"6"), ent(b"dev", V, typ=b"3"), ent(b"after", b"after\n")), "contain", "T2", "'after' is listed or the upload refused", "Go hdr-only.tar")
layer("special", "dir-with-data", tar(ent(b"d/", V, typ=b"5"), ent(b"after", b"after\n")), "contain", "T2", "'after' is listed or refused", "libarchive test_compat_tar_directory_1")
layer("special", "unknown-types", tar(OK1, *[ent(b"t" + t, b"x", typ=t) for t in (b"Z", b"s", b"A", b"V", b"M", b"D", b"N", b"\xff", b"\0")], ent(b"after", b"after\n")), "contain", "T2", "unknown typeflag: kept as a file or refused by name, 'after' not lost in silence", "POSIX; commons-compress; containerd 'unhandled tar header type'")
layer("special", "setuid", tar(ent(b"su", b"\x7fELF", mode=0o6755), ent(b"t", mode=0o1777), ent(b"m", mode=0o77777777)), "accept", "T3", "mode bits shown and exported; nothing on the host gets setuid", "umoci unpack [setuid]; CVE-2021-32760, CVE-2021-41089")
layer("special", "numbers", tar(ent(b"neg-mtime", mtime=-1), ent(b"huge-mtime", mtime=2**62), ent(b"neg-uid", uid=-1), ent(b"huge-uid", uid=2**55, gid=2**55), ent(b"junk-mode", mode=b"zzzzzzz\0"), ent(b"spaces", uid=b"       \0")),
      "contain", "T2", "odd numbers: shown as they are or refused by member name; date page does not fail", "containerd integer overflow in User ID CVE-2024-40635; libarchive timestamp_overflow")
layer("special", "xattrs", tar(pax((b"SCHILY.xattr.security.capability", b"\1\0\0\2\0\4\0\0" + b"\0" * 12), (b"SCHILY.xattr.trusted.overlay.opaque", b"y"), (b"SCHILY.xattr.user.<b>", b"<script>alert(1)</script>")), ent(b"f", V)),
      "accept", "T5", "xattr shown escaped; overlay xattrs have no effect", "umoci overlayfs xattr filter")
layer("special", "checksum-bad-mid", tar(OK1, ent(b"second", V), hdr(b"third", 0, chk=12345), ent(b"fourth", V)), "reject", "T4", "a bad header after good ones is an error: never a silent, shorter list", "Python tarfile ends there in silence; node-tar bad-cksum.tar")
layer("special", "checksum-signed", tar(ent(b"\xff\xfe\xfd-signed", V, chk=(lambda h: sum(x if x < 128 else x - 256 for x in h[:148] + b" " * 8 + h[156:]))(hdr(b"\xff\xfe\xfd-signed", 6)))), "accept", "T2", "old signed checksum accepted", "GNU tar, Go archive/tar")
layer("special", "no-magic-v7", tar(hdr(b"v7file", 2, magic=b"\0" * 8, uname=b"", gname=b"") + pad(b"x\n")), "accept", "T2", "v7 tar", "Go v7.tar")
layer("special", "no-end-blocks", tar(OK1, end=b""), "contain", "T4", "no zero blocks: accepted with a note, or refused", "tar-rs simple_missing_last_header.tar; containerd/moby accept")
layer("special", "one-end-block", tar(OK1, end=b"\0" * 512), "contain", "T4", "one zero block only", "Go notenoughnils.tar.gz")
layer("special", "zero-block-in-middle", OK1 + b"\0" * 512 + ent(b"after", V) + END, "contain", "T4", "lone zero block: one documented answer", "GNU 'A lone zero block'")
layer("special", "hidden-after-end", tar(OK1) + tar(ent(b"hidden", V)), "contain", "T4", "members after the end blocks: not shown, but kept in the blob (digest covers them), or refused; all readers of the product agree", "libarchive test_read_format_tar_concatenated; dotnet; smuggling")
layer("special", "trailing-garbage", tar(OK1) + b"GARBAGE" * 500, "contain", "T4", "bytes after the end: kept in the blob", "umoci 0.4.7 (reads trailing data); commons archive_with_trailer.tar")
layer("special", "only-zero-blocks", END, "accept", "T2", "empty layer", "moby emptyLayer.tar")
layer("special", "empty-bytes", b"", "contain", "T2", "layer of 0 bytes", "OCI conformance EMPTY_BLOB")
layer("special", "not-a-tar", b"<html><script>alert(1)</script></html>" * 100, "reject", "T2", "named as 'not a tar archive'", "")

# ================================================================ 5 sizes and PAX
SZ = "no negative seek, no endless loop, no allocation of the announced size; refused within 1 s"
for c, s in {"neg1": -1, "neg512": -512, "neg-huge": -(2**62), "huge": 2**62, "beyond-file": 10**9, "int64": 2**63 - 1, "uint64": 2**64 - 1, "u88": 2**87}.items():
    layer("size", "base256-" + c, tar(OK1, hdr(b"evil", s), ent(b"after", V)), "reject", "T4", SZ, "Go neg-size.tar; CVE-2025-8194 (tarfile); libarchive V_negative_size")
for c, s in {"octal-garbage": b"12z45678901\0", "octal-minus": b"-0000000001\0", "octal-full": b"777777777777", "spaces": b"           \0", "hex": b"0x000000010\0", "ff": b"\xff" * 12, "0x80-ff": b"\x80" + b"\xff" * 11}.items():
    layer("size", "field-" + c, tar(OK1, hdr(b"evil", s), ent(b"after", V)), "contain", "T4", SZ, "Go issue12435.tar; commons COMPRESS-553-fail.tar")
for t in b"VxgLKSD":
    t = bytes([t]); layer("size", "neg-type-" + t.decode() + ("-upper" if t.isupper() else ""), tar(OK1, hdr(b"evil", -1024, t), ent(b"after", V)), "reject", "T4", SZ, "libarchive V_negative_size; CVE-2019-20907")
def px(case, recs, verdict, check, anchor="", typ=b"x", size=2):
    layer("pax", case, tar(OK1, pax(*recs, typ=typ), hdr(b"f", size) + pad(b"x\n"), ent(b"after", V)), verdict, "T4", check, anchor)
px("size-negative", [(b"size", b"-5")], "reject", SZ, "libarchive invalid_pax_size")
px("size-1e9", [(b"size", b"1e9")], "reject", SZ, "CVE-2023-42503 class")
px("size-5000-digits", [(b"size", b"9" * 5000)], "reject", "ValueError of int() is not a server error", "Python int max digits")
px("size-beyond", [(b"size", b"99999999999")], "reject", SZ, "commons COMPRESS-554-fail.tar")
px("mtime-300k-digits", [(b"mtime", b"1." + b"1" * 300_000)], "contain", "under 1 s", "CVE-2023-42503 (commons-compress)")
px("mtime-9e9999999", [(b"mtime", b"9e9999999")], "contain", "inf/overflow is not a server error", "CVE-2023-42503")
px("mtime-nan", [(b"mtime", b"nan"), (b"uid", b"inf"), (b"gid", b"-0x1")], "contain", "NaN never reaches JSON or the database", "")
px("record-short-length", [b"5 path=evil\n"], "reject", "bad record length", "Go issue11169.tar; diff-014")
px("record-long-length", [b"99999 path=evil\n"], "reject", "bad record length", "CVE-2019-20907")
px("record-zero-length", [b"0 path=evil\n"], "reject", "zero length must not loop", "CVE-2019-20907 (endless loop)")
px("record-no-newline", [b"13 path=nlxyz"], "reject", "missing newline", "tokio-tar diff-014")
px("record-no-equals", [b"11 pathabc\n"], "reject", "missing '='", "Go pax-bad-hdr-file.tar")
px("record-huge-length-digits", [b"9" * 4000 + b" a=b\n"], "reject", "length of 4000 digits", "CVE-2024-6232 (tarfile header ReDoS)")
px("redos", [b" " * 60000], "reject", "60 000 blanks: under 1 s", "CVE-2024-6232")
px("empty-value", [(b"path", b""), (b"linkpath", b"")], "contain", "empty value deletes the record", "libarchive pax_empty_val")
px("not-utf8", [(b"path", b"caf\xe9")], "contain", "raw bytes shown escaped, link opens the file", "libarchive pax_filename_encoding")
px("hdrcharset-binary", [(b"hdrcharset", b"BINARY"), (b"path", b"\xff\xfe")], "contain", "raw bytes", "POSIX hdrcharset")
px("global-path", [(b"path", b"../../tmp/hostile-pwned"), (b"size", b"0")], "contain", "global path/size: ignored (containerd) or applied in one documented way", "containerd TypeXGlobalHeader ignored", typ=b"g")
px("sparse-realsize", [(b"GNU.sparse.major", b"1"), (b"GNU.sparse.minor", b"0"), (b"GNU.sparse.name", b"sparse"), (b"GNU.sparse.realsize", b"4611686018427387904")], "limit", "4 EiB logical size in 2 bytes: never expanded, size shown, view refused", "Go pax-sparse-big.tar (60 GB in 6 KB)")
px("sparse-map-million", [(b"GNU.sparse.map", b",".join([b"%d,1" % (k * 2) for k in range(150_000)])), (b"GNU.sparse.size", b"999999"), (b"GNU.sparse.numblocks", b"150000")], "limit", "sparse map entries limited", "CVE-2025-58183, CVE-2026-32288 (Go); libarchive sparse_map_limit 8 MiB")
layer("pax", "size-override-hides-entry", tar(OK1, pax((b"size", b"1536")), hdr(b"blob.bin", 0), pad(tar(ent(b"hidden", b"h"), end=b""))[:1536].ljust(1536, b"\0"), ent(b"after", V)),
      "accept", "T4", "PAX size wins: hello.txt, blob.bin (1536 bytes), after; 'hidden' is content, not a member", "CVE-2025-62518 (tokio-tar), tokio-tar pax-hidden-entry.tar")
layer("pax", "size-override-on-longname", tar(OK1, pax((b"size", b"1024")), gnul(b"longname.txt"), hdr(b"f", 2) + pad(b"x\n"), ent(b"after", V)), "contain", "T4", "PAX size must not apply to the 'L' header", "tokio-tar pax-overrides-extension-header.tar")
layer("pax", "longname-then-dir", tar(OK1, hdr(b"././@LongLink/", 4, b"L", magic=b"ustar  \0") + pad(b"abc\0"), hdr(b"f", 2) + pad(b"x\n")), "contain", "T4", "AREGTYPE/DIRTYPE rule does not apply inside 'L'", "CVE-2025-13462")
layer("pax", "dangling", tar(OK1, pax((b"path", b"nowhere"))), "reject", "T4", "PAX header without a member", "tokio-tar diff-024")
layer("pax", "many-in-a-row", tar(*[pax((b"comment", b"x"))] * 1500, ent(b"f", V)), "contain", "T6", "1500 PAX headers before one member: no recursion error", "commons getNextTarEntry.bin, paxHeaders.bin: RecursionError in tarfile; libarchive 'Too many special headers'")
layer("pax", "longnames-in-a-row", tar(*[gnul(b"n%d" % k) for k in range(1500)], ent(b"f", V)), "contain", "T6", "1500 GNU long names before one member", "as above")
layer("pax", "old-sparse-chain", tar(OK1, hdr(b"sp", 512, b"S", magic=b"ustar  \0", tail=b"\0" * 41 + b"".join(num(k * 1024, 12) + num(0, 12) for k in range(4)) + b"\1" + num(2**40, 12)),
      *[(b"".join(num((k * 21 + j) * 1024, 12) + num(0, 12) for j in range(21)) + b"\1").ljust(512, b"\0") for k in range(400)], b"\0" * 512, pad(b"x" * 512), ent(b"after", V)), "contain", "T6", "old GNU sparse: chained maps and 1 TiB real size", "CVE-2026-32288")

# ================================================================ 6 bombs (compressed layers, in OCI layouts)
Z1 = b"\0" * (1 << 20)
def gz_members(first, total, chunk=16 << 20):
    """gzip of first + zeros up to total bytes + tar end, as concatenated members (one chunk compressed once)."""
    o = [gz(first)]; left = total - len(first); c = gz(b"\0" * chunk)
    o += [c] * (left // chunk); o.append(gz(b"\0" * (left % chunk + 1024))); return b"".join(o)
def zst_rle(first, zeros, wlog=23, fcs=None):
    """Hand-made zstd frame: one raw block, then RLE blocks of 128 KiB (ratio 32768:1)."""
    fr = bytearray(b"\x28\xb5\x2f\xfd")
    fr += bytes([0xC0 if fcs is not None else 0x00, (wlog - 10) << 3]) + (struct.pack("<Q", fcs) if fcs is not None else b"")
    for k in range(0, len(first), 131072):
        s = first[k:k + 131072]; fr += struct.pack("<I", len(s) << 3)[:3] + s
    n, r = divmod(zeros, 131072)
    fr += (struct.pack("<I", 131072 << 3 | 2)[:3] + b"\0") * n
    return bytes(fr + struct.pack("<I", r << 3 | 2 | 1)[:3] + b"\0")
G = A.bomb_gib << 30
big = ent(b"zeros.bin", size=G)
BM = "stopped by the ratio or size limit before 512 MiB are written and within 10 s; RSS under 300 MiB; temporary files gone; other users not held up"
put("bomb", "gzip-zeros", ".oci.tar", oci([gz_members(OK1 + big, G)], diffs=["0" * 64], mts=[GZT]), "limit", "T6", BM, "CVE-2023-25153; node-tar maxDecompressionRatio 1000", G)
put("bomb", "gzip-zeros", ".layer.tar.gz", gz_members(OK1 + big, G), "limit", "T6", BM, "docker export upload", G)
put("bomb", "zstd-rle-64GiB", ".oci.tar", oci([zst_rle(OK1 + ent(b"zeros.bin", size=64 << 30), (64 << 30) + 1024)], diffs=["0" * 64], mts=[ZST]), "limit", "T6", BM, "ratio 32768:1", 64 << 30)
put("bomb", "zstd-window-2TiB", ".oci.tar", oci([zst_rle(tar(OK1), 1024, wlog=41)], diffs=["0" * 64], mts=[ZST]), "limit", "T6", "window above the limit: refused without allocating it", "RFC 8878 recommends 8 MiB; zstd --memory default 128 MiB")
put("bomb", "zstd-window-128MiB", ".oci.tar", oci([zst_rle(tar(OK1), 1024, wlog=27)], diffs=[sha(tar(OK1) + b"\0" * 1024)], mts=[ZST]), "accept", "T6", "windowLog 27 (zstd --long) is the largest the zstd command accepts by default", "zstd ZSTD_WINDOWLOG_LIMIT_DEFAULT 27")
put("bomb", "zstd-fcs-lie", ".oci.tar", oci([zst_rle(tar(OK1), 1024, fcs=2**62)], diffs=["0" * 64], mts=[ZST]), "reject", "T6", "frame announces 4 EiB: no allocation from the announced size", "")
put("bomb", "zstd-skippable-100k", ".oci.tar", oci([b"\x50\x2a\x4d\x18\0\0\0\0" * 100_000 + zst_rle(tar(OK1), 1024)], diffs=[sha(tar(OK1) + b"\0" * 1024)], mts=[ZST]), "contain", "T6", "100 000 skippable frames: under 2 s", "libarchive test_compat_zstd_2; eStargz/zstd:chunked use skippable frames")
put("bomb", "gzip-empty-members", ".oci.tar", oci([gz(b"") * 100_000 + gz(tar(OK1))], diffs=[sha(tar(OK1))], mts=[GZT]), "contain", "T6", "100 000 empty gzip members: under 5 s, no recursion", "")
nest = gz(tar(OK1))
for _ in range(20): nest = gz(nest)
put("bomb", "gzip-nested-20", ".layer.tar.gz", nest, "reject", "T6", "at most one compression layer is opened around an image, one around a layer", "libarchive filter depth; quine in libarchive/test_read_filter_gzip_recursive.gz")
def many(n):
    o = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", fileobj=o, mtime=0, compresslevel=6) as g:
        h = hdr(b"@" * 8, 0, uname=b"", gname=b""); s0 = int(h[148:154], 8) - 8 * 64
        for k in range(n):
            nm = b"%08x" % k; g.write(nm + h[8:148] + b"%06o\0 " % (s0 + sum(nm)) + h[156:])
        g.write(END)
    return o.getvalue()
if fnmatch.fnmatch("bomb/entries.oci.tar", A.only):
    m = many(A.entries)
    put("bomb", "entries", ".oci.tar", oci([m], diffs=[sha(zlib.decompress(m, 31))], mts=[GZT]), "contain", "T6", f"{A.entries} empty files in one directory: imported within the figures of security.md section 3 or refused by max entries; the directory page stays paged", "CVE-2024-28863; ASVS 5.2.3", A.entries * B)
    dup = gz(ent(b"same", uname=b"", gname=b"") * 32768)
    put("bomb", "entries-5M-repeated", ".layer.tar.gz", dup * 153 + gz(END), "limit", "T6", "5 million members (one name repeated) in 2.4 GiB: stopped by max entries", "ASVS 5.2.3", 153 * 32768 * B)
for c, t in {"pax-1GiB": b"x", "global-1GiB": b"g", "longname-1GiB": b"L", "longlink-1GiB": b"K"}.items():
    n = 1 << 30
    pre = hdr(b"PaxHeaders/x", n, t, magic=b"ustar  \0" if t in b"LK" else b"ustar\x0000") + (b"1073741824 comment=" if t in b"xg" else b"aaaa")
    put("bomb", "header-" + c, ".layer.tar.gz", gz(pre) + gz(b"A" * (16 << 20)) * 64 + gz(pad(b"f") + ent(b"f", V) + END), "limit", "T6", "extended header above 1 MiB refused before it is read into memory", "Go maxSpecialFileSize 1 MiB; node-tar maxMetaEntrySize 1 MiB; CVE-2022-2879", n)
put("bomb", "pax-million-records", ".layer.tar.gz", gz(tar(OK1, pax(b"6 a=b\n" * 1_000_000), ent(b"f", V))), "limit", "T6", "1 000 000 records in one PAX header", "Go 1 MiB", 6_000_000)
put("bomb", "sparse-1.0-map", ".layer.tar.gz", gz(hdr(b"PaxHeaders/s", len(rec(b"GNU.sparse.major", b"1") + rec(b"GNU.sparse.minor", b"0")), b"x") + pad(rec(b"GNU.sparse.major", b"1") + rec(b"GNU.sparse.minor", b"0")) + hdr(b"s", 1 << 30) + b"100000000\n" + b"0\n0\n" * 125)
    + gz(b"0\n" * (4 << 20)) * 127 + gz(END), "limit", "T6", "sparse 1.0 map of 100 million numbers", "CVE-2025-58183", 1 << 30)
for c, cut in {"truncated": lambda b: b[:len(b) // 2], "bad-crc": lambda b: b[:-8] + b"\0\0\0\0" + b[-4:], "bad-isize": lambda b: b[:-4] + b"\xff\xff\xff\x7f", "trailing-garbage": lambda b: b + b"garbage", "trailing-zeros": lambda b: b + b"\0" * 512}.items():
    body = tar(OK1, *[ent(b"f%d" % k, hashlib.sha256(b"%d" % k).digest() * 40) for k in range(40)]); z = cut(gz(body))
    put("bomb", "gzip-" + c, ".oci.tar", oci([z], diffs=[sha(body)], mts=[GZT]), "contain" if "trailing" in c else "reject", "T4", "corrupt gzip named as such" if "trailing" not in c else "kept in the blob, digest over all bytes", "umoci 0.4.7 notes; libarchive test_compat_gzip_2; klauspost issue6550.gz")

# ================================================================ 7 names and text that meet the browser
X = "<script>alert('xss')</script>"; I = "\"'><img src=x onerror=alert(1)>"
NAMES = ["<script>alert(1)<", "img src=x onerror=alert(1)>", I, "'onmouseover='alert(1)", "{{7*7}}{% load static %}", "${7*7}#{7*7}", "javascript:alert(1)",
         "a\nb", "a\rb\tc", "\x1b[31mred\x1b[0m\x1b]0;title\x07", "\u202egpj.exe", "\u200b\ufeffzero", "?q=1&x=2#frag", "%2e%2e%2f", "%00", "a;b|c`d`$(e)", "-rf", "--help",
         "CON", "name.", "name ", " name", "con\\x", "very" * 60, "=cmd|'/c calc'!A0", "\u0000".replace("\0", "NUL"), "file.svg", "index.html", "x.pdf", "evil.xml", "w.wasm", "\U0001f4a9",
         "constructor", "__proto__", "toString", "hx-get", "<a hx-get=/x hx-trigger=load>", "]]>", "<!--", "a" * 255]
HTML = b"<!doctype html><script>document.title='pwned';fetch('/')</script><form action=/logout method=post></form><meta http-equiv=refresh content='0;url=/'>"
SVG = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'><script>alert(1)</script><foreignObject><iframe xmlns='http://www.w3.org/1999/xhtml' src='javascript:alert(1)'/></foreignObject></svg>"
CONT = {"index.html": HTML, "page.xhtml": b"<html xmlns='http://www.w3.org/1999/xhtml'><script>alert(1)</script></html>", "pic.svg": SVG, "noext": HTML, "script.js": b"alert(1)//", "sniff.png": HTML, "sniff.txt": HTML,
        "poly.gif": b"GIF89a/*" + b"\0" * 20 + b"*/=alert(1)", "x.pdf": b"%PDF-1.4\n1 0 obj<</OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj", "style.css": b"*{background:url(//evil.invalid)}",
        "readme.md": b"[x](javascript:alert(1)) <img src=x onerror=alert(1)>", "bom16.txt": "\ufeff".encode() + "<script>".encode("utf-16le"), "utf7.txt": b"+ADw-script+AD4-alert(1)+ADw-/script+AD4-",
        "longline.txt": b"a" * 1_500_000, "manylines.txt": b"\n" * 600_000, "ansi.log": b"\x1b[2J\x1b]8;;javascript:alert(1)\x07click\x1b]8;;\x07\x1b[5n\x1bP$q\x1b\\", "nul.bin": b"\0" * 4096, "latin1.txt": b"caf\xe9\n",
        "deep.json": b"[" * 100_000, "xxe.xml": b"<!DOCTYPE r [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><r>&x;</r>", "laughs.xml": b"<!DOCTYPE l [<!ENTITY a 'ha'>" + b"".join(b"<!ENTITY %c '&%c;&%c;&%c;&%c;&%c;&%c;&%c;&%c;'>" % ((97 + k,) + (96 + k,) * 8) for k in range(1, 12)) + b"]><r>&l;</r>",
        "redos.py": b"'" * 50_000 + b"\\" * 50_000, "elf": b"\x7fELF\x02\x01\x01" + b"\xff" * 57, "notebook.ipynb": jd({"cells": [{"cell_type": "markdown", "metadata": {}, "source": [X]}], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}),
        "etc/shadow": b"root:$6$x:1::::::\n", "id_rsa": b"-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA\n", "w.webmanifest": b"{}", "sw.js": b"self.addEventListener('fetch',e=>{})", "a.wasm": b"\0asm\1\0\0\0"}
XS = "names and contents are text on every page, in every JSON, header and download; no script runs, no header is split, each file opens by its own link"
layer("names", "odd-names", tar(*[ent(n.encode("utf-8"), b"content %d\n" % k) for k, n in enumerate(NAMES)], *[ent(b"d/" + n.encode() + b".d/inside", V) for n in NAMES[:12]]), "accept", "T5", XS, "CVE-2023-3384 (Quay: label XSS); ASVS 5.4.2")
layer("names", "not-utf8-names", tar(*[ent(n, V) for n in (b"caf\xe9", b"\xff\xfe\xfd", b"\xed\xa0\x80sur", b"\xc3", b"a\x80b", b"\xf5\x80\x80\x80", "eucjp-日本".encode("euc-jp"), "koi8-мир".encode("koi8-r"))]), "accept", "T5", "8 files; bytes kept exactly through view, edit, commit and export (round trip of the digest)", "Go gnu-not-utf8.tar; libarchive filename_koi8r")
layer("names", "contents", tar(*[ent(n.encode(), b) for n, b in CONT.items()]), "accept", "T5", "view: never as HTML/SVG/PDF on the application's origin; nosniff; raw only as attachment; long text is cut with a note", "ASVS 3.2.1, 5.4; Mozilla Observatory")
layer("names", "owner-names", tar(ent(b"f", V, uname=b"<script>alert(1)</script>", gname=b"\"><img src=x>")), "accept", "T5", XS, "")
bad = {"config": {"Env": ["A=" + X, I, "PASSWORD=hunter2", "=", ""], "Cmd": [X], "Entrypoint": [I], "WorkingDir": "/" + X, "User": I, "ExposedPorts": {X: {}}, "Volumes": {I: {}}, "StopSignal": X,
                  "Labels": {X: I, I: X, "org.opencontainers.image.url": "javascript:alert(1)", "org.opencontainers.image.source": "data:text/html," + X, "containerd.io/restart.loguri": "binary:///bin/sh?-c=id", "long": "L" * 1_000_000, "ansi": "\x1b[31m", "rtl": "\u202egpj"}},
       "author": X, "comment": I, "created": "2024-01-01T00:00:00Z", "architecture": X, "os": I, "variant": X, "history": [{"created": "2024-01-01T00:00:00Z", "created_by": X * 50, "comment": I, "author": X}], "docker_version": X}
layer0 = tar(OK1)
put("names", "config-xss", ".docker.tar", docker([layer0], cfg=bad), "accept", "T5", XS, "CVE-2023-3384; GO-2026-5758 (label used as a command)")
put("names", "config-xss", ".oci.tar", oci([layer0], cfg=bad, man=lambda m: {**m, "annotations": {X: I, "org.opencontainers.image.ref.name": X}}, idx=lambda i: {**i, "annotations": {I: X}}), "accept", "T5", XS, "")
put("names", "config-xss-dates", ".docker.tar", docker([layer0], cfg={**bad, "created": X, "history": [{"created": I, "created_by": X}]}), "contain", "T5", "a date that is none: refused by field name (skopeo) or shown as text; never a server error", "GO-2024-3311")
put("names", "labels-100k", ".docker.tar", docker([layer0], cfg={"config": {"Labels": {"k%06d" % k: "v" for k in range(100_000)}}}), "contain", "T6", "page stays under 1 MB and 1 s (paged), or limit", "")

# ================================================================ 8 docker save images
D = "clear message that names manifest.json / the missing or wrong part; nothing visible"
for c, rm in {"absent": b"ABSENT", "null": b"null", "empty-list": b"[]", "object": b"{}", "string": b"\"x\"", "number": b"1", "list-null": b"[null]", "list-list": b"[[]]", "empty": b"", "blank-config": b'[{"Config":"","RepoTags":[],"Layers":[]}]',
              "not-json": b"<html>", "truncated": b'[{"Config":"a', "utf16": "[]".encode("utf-16"), "bom": b"\xef\xbb\xbf[]", "nan": b'[{"Config":NaN,"Layers":[Infinity]}]', "deep": b"[" * 200_000, "deep-object": b'{"a":' * 100_000,
              "big-int": b'[{"Config":' + b"9" * 10_000 + b"}]", "surrogate": b'[{"Config":"\\ud800","RepoTags":["\\ud800"],"Layers":["\\udfff"]}]', "spaces-8MiB": b" " * (8 << 20) + b"[]", "layers-string": b'[{"Config":"c","Layers":"abc"}]', "layers-object": b'[{"Config":{},"Layers":{}}]'}.items():
    put("docker", "manifest-" + c, *((".docker.tar.gz", gz(docker([layer0], raw_man=rm))) if len(rm) > 1 << 20 else (".docker.tar", docker([layer0], raw_man=rm))), "limit" if "8MiB" in c else "reject", "T4", D, "ggcr no_manifest/null_manifest.tar; moby load.go; CVE-2023-25153; c/image MaxTarFileManifestSize 1 MiB")
for c, rc in {"null": b"null", "list": b"[]", "string": b"\"x\"", "empty": b"", "not-json": b"\xff\xfe", "deep": b'{"config":' * 100_000, "8MiB": b"{" + b" " * (8 << 20) + b"}", "no-rootfs": b'{"architecture":"amd64","os":"linux"}'}.items():
    put("docker", "config-" + c, *((".docker.tar.gz", gz(docker([layer0], raw_cfg=rc))) if len(rc) > 1 << 20 else (".docker.tar", docker([layer0], raw_cfg=rc))), "limit" if "8MiB" in c else "reject", "T4", D, "CVE-2023-25153; GO-2024-3311 (nil history)")
WT = {"config": None, "labels-list": {"config": {"Labels": ["a", "b"]}}, "env-dict": {"config": {"Env": {"A": "b"}}}, "env-nulls": {"config": {"Env": [None, 1, []]}}, "history-string": {"history": "x"}, "history-null-item": {"history": [None]}, "history-dict": {"history": {}},
      "created-number": {"created": 1e300}, "created-year-0": {"created": "0000-00-00T00:00:00Z"}, "created-99999": {"created": "99999-01-01T00:00:00Z"}, "arch-null": {"architecture": None}, "arch-list": {"architecture": ["a"]}, "cmd-string": {"config": {"Cmd": "sh -c id"}},
      "rootfs-type": {"rootfs": {"type": "evil", "diff_ids": ["sha256:" + sha(layer0)]}}, "diffids-null": {"rootfs": {"type": "layers", "diff_ids": None}}, "diffids-numbers": {"rootfs": {"type": "layers", "diff_ids": [1]}}, "ports-list": {"config": {"ExposedPorts": ["80"]}}}
for c, o in WT.items():
    put("docker", "type-" + c, ".docker.tar", docker([layer0], cfg=o if o else {"config": "text"}), "contain", "T4", "wrong JSON type: refused by field name, or shown as odd; never a server error on any page", "GO-2024-3311")
put("docker", "history-shorter", ".docker.tar", docker([BASE, layer0], cfg={"history": []}), "accept", "T4", "two layers shown without commands", "")
put("docker", "history-longer", ".docker.tar", docker([layer0], cfg={"history": [{"created_by": "x"}] * 9}), "contain", "T4", "more non-empty history than layers: layer/command pairing is not guessed wrong", "image-spec config.md history")
put("docker", "history-empty-layers", ".docker.tar", docker([layer0], cfg={"history": [{"created_by": "ENV a", "empty_layer": True}, {"created_by": "COPY"}, {"created_by": "CMD", "empty_layer": True}]}), "accept", "T4", "the layer belongs to COPY", "ggcr source_image_with_empty_layer_history.tar")
put("docker", "diffid-mismatch", ".docker.tar", docker([layer0], diffs=["1" * 64]), "reject", "T4", "layer digest differs from the config; both shown", "moby load.go 'invalid diffID'; ggcr validate")
put("docker", "diffid-count", ".docker.tar", docker([layer0], diffs=[sha(layer0), sha(BASE)]), "reject", "T4", "layers length mismatch", "moby load.go 'layers length mismatch'")
put("docker", "layer-missing", ".docker.tar", docker([BASE, layer0], man=lambda m: [{**m[0], "Layers": ["00/layer.tar", "gone/layer.tar"]}]), "reject", "T4", "names the missing layer", "ggcr; stereoscope")
put("docker", "config-missing", ".docker.tar", docker([layer0], man=lambda m: [{**m[0], "Config": "gone.json"}]), "reject", "T4", "names the missing config", "")
for c, p in {"dotdot": "../../../../etc/passwd", "absolute": "/etc/passwd", "proc": "/proc/self/environ", "nul": "a\0b", "empty": "", "dir": "00"}.items():
    put("docker", "config-path-" + c, ".docker.tar", docker([layer0], man=lambda m, p=p: [{**m[0], "Config": p}]), "reject", "T1", "path looked up among the archive's members only; host file never read", "moby safePath; CVE-2014-6407, CVE-2014-9358, CVE-2026-63125 (Incus backup.yaml symlink)")
    put("docker", "layer-path-" + c, ".docker.tar", docker([layer0], man=lambda m, p=p: [{**m[0], "Layers": [p]}]), "reject", "T1", "as above", "")
put("docker", "layer-symlink-ok", ".docker.tar", docker([layer0], cfg={"rootfs": {"type": "layers", "diff_ids": ["sha256:" + sha(layer0)] * 2}}, man=lambda m: [{**m[0], "Layers": ["00/layer.tar", "11/layer.tar"]}], extra=sl(b"11/layer.tar", b"../00/layer.tar")), "accept", "T4", "old docker save: layer.tar may be a link to an earlier member", "ggcr test_link.tar")
put("docker", "layer-hardlink-ok", ".docker.tar", docker([layer0], cfg={"rootfs": {"type": "layers", "diff_ids": ["sha256:" + sha(layer0)] * 2}}, man=lambda m: [{**m[0], "Layers": ["00/layer.tar", "11/layer.tar"]}], extra=hl(b"11/layer.tar", b"00/layer.tar")), "contain", "T4", "hard link inside the archive", "")
for c, to in {"escape": b"/etc/passwd", "rel-escape": b"../../../../../etc/passwd", "self": b"../11/layer.tar", "missing": b"../nope", "dev": b"/dev/zero"}.items():
    put("docker", "layer-symlink-" + c, ".docker.tar", docker([layer0], man=lambda m: [{**m[0], "Layers": ["11/layer.tar"]}], extra=sl(b"11/layer.tar", to)), "reject", "T1", "link resolved among the members only", "CVE-2014-6407; docker-archive symlinked layers")
put("docker", "manifest-is-symlink", ".docker.tar", docker([layer0], raw_man=b"ABSENT", extra=sl(b"manifest.json", b"/etc/passwd")), "reject", "T1", "as above", "")
put("docker", "layer-is-fifo", ".docker.tar", docker([layer0], man=lambda m: [{**m[0], "Layers": ["11/layer.tar"]}], extra=ent(b"11/layer.tar", typ=b"6")), "reject", "T3", "not a regular member", "")
for c, n in {"manifest-twice": b"manifest.json"}.items():
    two = jd([{"Config": "evil.json", "RepoTags": ["evil:latest"], "Layers": []}])
    put("docker", "dup-" + c + "-first", ".docker.tar", docker([layer0], before=ent(n, two)), "reject", "T4", "two members of one name that differ: refused (readers disagree which one counts)", "tar 'last wins' vs 'first wins'")
    put("docker", "dup-" + c + "-last", ".docker.tar", docker([layer0])[:-1024] + ent(n, two) + END, "reject", "T4", "as above", "")
put("docker", "dup-keys", ".docker.tar", docker([layer0], raw_man=b'[{"Config":"x.json","Config":"' + (sha(jd(config([sha(layer0)]))) + ".json").encode() + b'","RepoTags":["a:1"],"RepoTags":["b:2"],"Layers":[],"layers":["evil"],"Layers":["00/layer.tar"]}]'), "contain", "T4", "duplicate JSON keys: refused, or the last one (as json and Go do), case-sensitive", "CVE-2021-41190 class")
put("docker", "tags-bad", ".docker.tar", docker([layer0], tags=["../../x:y", X + ":1", "UPPER:1", "a b", ":", "@", "host:99999/x:1", "x:" + "t" * 200, "a" * 300, "", "evil\nname:1", "registry.example/x@sha256:" + "0" * 64, None, 7]), "contain", "T5", "bad tags refused or dropped with a note; the image stays reachable", "moby 'invalid tag'; distribution-spec name grammar")
put("docker", "tags-10000", ".docker.tar", docker([layer0], tags=["t:%d" % k for k in range(10_000)]), "contain", "T6", "limit or paged", "")
put("docker", "tags-null", ".docker.tar", docker([layer0], tags=None), "accept", "T4", "image without a name", "moby save by id")
put("docker", "images-5000", ".docker.tar", docker([layer0], man=lambda m: m * 5000), "contain", "T6", "5000 images in one upload: limit or linear", "")
put("docker", "layers-20000", ".docker.tar", docker([layer0], cfg={"rootfs": {"type": "layers", "diff_ids": ["sha256:" + sha(layer0)] * 20_000}, "history": []}, man=lambda m: [{**m[0], "Layers": ["00/layer.tar"] * 20_000}]), "limit", "T6", "max layers", "overlay limit 128 (moby MaxLayerDepth 125/128)")
put("docker", "layers-127", ".docker.tar", docker([tar(ent(b"f%d" % k, b"%d" % k)) for k in range(127)]), "accept", "T4", "127 layers: 127 files", "moby max depth 128")
put("docker", "legacy-no-manifest", ".docker.tar", tar(ent(b"repositories", b'{"old":{"latest":"abc"}}'), ent(b"abc/VERSION", b"1.0"), ent(b"abc/json", b'{"id":"abc"}'), ent(b"abc/layer.tar", layer0)), "reject", "T4", "v1 format (docker < 1.10): named as unsupported", "moby dropped v1 in 28")
put("docker", "gzipped-whole", ".docker.tar.gz", gz(docker([layer0])), "accept", "T2", "docker load takes compressed archives", "moby load")
put("docker", "layer-gz-inside", ".docker.tar", docker([gz(layer0)], diffs=[sha(layer0)]), "accept", "T2", "compressed layer in a docker archive", "containers-image docker/archive")
put("docker", "layer-bz2-inside", ".docker.tar", docker([__import__("bz2").compress(layer0)], diffs=[sha(layer0)]), "contain", "T2", "bzip2/xz layers: accepted as moby does, or refused by name", "moby compression.Bzip2/Xz")

# ================================================================ 9 OCI layouts
O = "clear message that names the file; nothing visible"; OKL = oci([layer0])
CB = jd(config([sha(layer0)])); MD = {"schemaVersion": 2, "mediaType": MT, "config": desc(CB, CT), "layers": [desc(layer0, TART)]}
put("oci", "good", ".oci.tar", OKL, "accept", "-", "control case", "")
put("docker", "good", ".docker.tar", docker([BASE, layer0]), "accept", "-", "control case", "")
put("oci", "no-oci-layout", ".oci.tar", oci([layer0], layout=None), "contain", "T4", "documented: refused, or accepted with index.json alone", "image-spec image-layout.md MUST exist")
put("oci", "layout-version", ".oci.tar", oci([layer0], layout=b'{"imageLayoutVersion":"99.0.0"}'), "reject", "T4", O, "")
for c, ri in {"absent": b"ABSENT", "empty": b"", "null": b"null", "no-manifests": b'{"schemaVersion":2,"manifests":[]}', "manifests-null": b'{"schemaVersion":2,"manifests":null}', "manifests-object": b'{"schemaVersion":2,"manifests":{}}', "is-manifest": jd(MD), "schema-1": b'{"schemaVersion":1,"manifests":[]}', "deep": b"[" * 200_000, "8MiB": b" " * (8 << 20) + b"{}"}.items():
    put("oci", "index-" + c, *((".oci.tar.gz", gz(oci([layer0], raw_idx=ri))) if len(ri) > 1 << 20 else (".oci.tar", oci([layer0], raw_idx=ri))), "limit" if c == "8MiB" else "reject", "T4", O, "stereoscope no_manifests; CVE-2023-25153")
DG = {"traversal": "sha256:../../../../../../etc/passwd", "traversal2": "../../../etc/passwd", "absolute": "sha256:/etc/passwd", "short": "sha256:abc", "empty": "", "colon": "sha256:", "upper": "SHA256:" + "A" * 64, "upper-hex": "sha256:" + "ABCDEF" * 10 + "ABCD", "md5": "md5:" + "0" * 32,
      "nul": "sha256:" + "0" * 63 + "\0", "newline": "sha256:" + "0" * 64 + "\n", "html": "sha256:" + X, "missing": "sha256:" + "0" * 64, "number": 7, "null": None, "cspt": "..\\..\\..\\api/logout#", "unknown": "blake3:" + "0" * 64, "separator": "sha256+b64u:LCa0a2j_xo_5m0U8HTBBNBNCLXBkg7-g-YpeiGJm564"}
for c, v in DG.items():
    put("oci", "digest-layer-" + c, ".oci.tar", oci([layer0], man=lambda m, v=v: {**m, "layers": [{**m["layers"][0], "digest": v}]}), "reject", "T1", "digest checked against the grammar before any path is built from it", "CVE-2024-37032 (Ollama), CVE-2024-3727 (containers/image), apple/container 1.3.1, CVE-2026-95839")
    put("oci", "digest-manifest-" + c, ".oci.tar", oci([layer0], idx=lambda i, v=v: {**i, "manifests": [{**i["manifests"][0], "digest": v}]}), "reject", "T1", "as above", "GitLab CSPT by digest link")
for c, v in {"minus": -1, "zero": 0, "small": 10, "plus-one": len(layer0) + 1, "huge": 2**62, "float": 1.5, "string": "10", "null": None, "2^70": 2**70}.items():
    put("oci", "size-layer-" + c, ".oci.tar", oci([layer0], man=lambda m, v=v: {**m, "layers": [{**m["layers"][0], "size": v}]}), "reject", "T4", "size must match the blob", "umoci hardening.bats [descriptor size hardening]; ggcr validate 'mismatched size'")
put("oci", "blob-content-layer", ".oci.tar", oci([layer0], skip=(layer0,), extra=blob(layer0.replace(b"hello\n", b"HELLO\n"), sha(layer0))), "reject", "T4", "blob content differs from its digest", "umoci hardening.bats [blob hash hardening]")
put("oci", "blob-content-config", ".oci.tar", oci([layer0], skip=(CB,), extra=blob(CB.replace(b"amd64", b"arm64"), sha(CB))), "reject", "T4", "as above", "ggcr validate")
put("oci", "blob-content-manifest", ".oci.tar", oci([layer0], skip=(jd(MD),), extra=blob(jd(MD).replace(b":2,", b":3,"), sha(jd(MD)))), "reject", "T4", "as above", "CVE-2026-85747 (distribution client)")
put("oci", "blob-missing-layer", ".oci.tar", oci([layer0], skip=(layer0,)), "reject", "T4", "names the missing digest", "stereoscope valid_manifest")
put("oci", "blob-missing-config", ".oci.tar", oci([layer0], skip=(CB,)), "reject", "T4", "as above", "")
for c, to in {"escape": b"/etc/passwd", "self": sha(layer0).encode(), "dev": b"/dev/zero"}.items():
    put("oci", "blob-symlink-" + c, ".oci.tar", oci([layer0], skip=(layer0,), extra=sl(b"blobs/sha256/" + sha(layer0).encode(), to)), "reject", "T1", "blobs are regular members only", "")
put("oci", "blob-is-dir", ".oci.tar", oci([layer0], skip=(layer0,), extra=d_(b"blobs/sha256/" + sha(layer0).encode())), "reject", "T4", "as above", "")
put("oci", "blobs-dir-symlink", ".oci.tar", tar(ent(b"oci-layout", b'{"imageLayoutVersion":"1.0.0"}'), sl(b"blobs", b"/etc"), ent(b"index.json", jd({"schemaVersion": 2, "manifests": [desc(jd(MD), MT)]}))), "reject", "T1", "links in the layout are never followed outside it", "")
put("oci", "blob-twice-differs", ".oci.tar", oci([layer0], extra=blob(b"other", sha(layer0))), "reject", "T4", "second blob of that name has another content", "")
put("oci", "dotslash-names", ".oci.tar", tar(ent(b"./oci-layout", b'{"imageLayoutVersion":"1.0.0"}'), ent(b"./index.json", jd({"schemaVersion": 2, "manifests": [desc(jd(MD), MT)]})), *[ent(b"./blobs/sha256/" + sha(b).encode(), b) for b in (layer0, CB, jd(MD))]), "accept", "T2", "'./' names as `tar -C dir .` writes them", "skopeo/umoci archives")
put("oci", "blobs-before-index", ".oci.tar", tar(blob(layer0), blob(CB), blob(jd(MD)), ent(b"index.json", jd({"schemaVersion": 2, "manifests": [desc(jd(MD), MT)]})), ent(b"oci-layout", b'{"imageLayoutVersion":"1.0.0"}')), "accept", "T2", "any order of members", "")
put("oci", "confusion-manifest-index", ".oci.tar", oci([layer0], man=lambda m: {**m, "manifests": [desc(CB, MT)]}), "reject", "T4", "a document with both 'layers' and 'manifests' is ambiguous", "CVE-2021-41190 / GHSA-mc8v-mgrf-8f4m; containerd GHSA-5j5w-g665-5m35")
put("oci", "confusion-mediatype", ".oci.tar", oci([layer0], man=lambda m: {**m, "mediaType": IT}), "reject", "T4", "mediaType inside differs from the descriptor", "CVE-2021-41190")
put("oci", "confusion-desc-index", ".oci.tar", oci([layer0], idx=lambda i: {**i, "manifests": [{**i["manifests"][0], "mediaType": IT}]}), "reject", "T4", "descriptor says index, content is a manifest", "CVE-2021-41190")
put("oci", "no-mediatype", ".oci.tar", oci([layer0], man=lambda m: {k: v for k, v in m.items() if k != "mediaType"}), "accept", "T4", "mediaType is optional in OCI 1.0", "containers-image ociv1nomime")
put("oci", "docker-mediatypes", ".oci.tar", oci([layer0], mts=["application/vnd.docker.image.rootfs.diff.tar"], man=lambda m: {**m, "mediaType": "application/vnd.docker.distribution.manifest.v2+json"}, idx=lambda i: {**i, "manifests": [{**i["manifests"][0], "mediaType": "application/vnd.docker.distribution.manifest.v2+json"}]}), "accept", "T4", "docker v2s2 types in a layout", "")
put("oci", "artifact-not-image", ".oci.tar", oci([b"hello"], mts=["text/plain"], raw_cfg=b"{}", man=lambda m: {**m, "artifactType": "application/x-evil", "config": desc(b"{}", "application/vnd.oci.empty.v1+json")}), "contain", "T4", "shown as an artifact without a file system, or refused by name", "OCI conformance OCI_DATA_ARTIFACT")
for c, (l, t) in {"says-gzip-is-plain": (layer0, GZT), "says-plain-is-gzip": (gz(layer0), TART), "says-zstd-is-gzip": (gz(layer0), ZST), "unknown-type": (layer0, "application/x-unknown"), "encrypted": (layer0, TART + "+encrypted"), "empty-type": (layer0, ""), "estargz": (gz(layer0) + gz(b"TOC"), GZT)}.items():
    put("oci", "layer-" + c, ".oci.tar", oci([l], diffs=[sha(layer0)], mts=[t]), "contain", "T4", "compression told by magic bytes, mismatch noted; or refused by name", "umoci TestLayerCompressionCheck; containerd DetectCompression")
put("oci", "layer-foreign-urls", ".oci.tar", oci([layer0], skip=(layer0,), mts=["application/vnd.oci.image.layer.nondistributable.v1.tar"], man=lambda m: {**m, "layers": [{**m["layers"][0], "urls": ["http://169.254.169.254/latest/meta-data/", "file:///etc/passwd", "http://127.0.0.1:22/"]}]}), "reject", "T7", "urls are never fetched", "CVE-2020-15157 (containerd foreign layer URL credential leak)")
put("oci", "desc-data-field", ".oci.tar", oci([layer0], man=lambda m: {**m, "config": {**m["config"], "data": "ZXZpbA=="}}), "reject", "T4", "embedded data differs from the digest", "umoci TestDescriptorEmbeddedData")
put("oci", "subject-malformed", ".oci.tar", oci([layer0], man=lambda m: {**m, "subject": {"mediaType": MT, "digest": "sha256:../../x", "size": 1}, "annotations": {"io.containerd.manifest.subject": "not-a-digest"}}), "contain", "T4", "a malformed digest anywhere is refused or ignored, never a crash", "CVE-2026-95839")
put("oci", "refname-bad", ".oci.tar", oci([layer0], idx=lambda i: {**i, "manifests": [{**i["manifests"][0], "annotations": {"org.opencontainers.image.ref.name": r}} for r in ("../../x", X, "", "a" * 5000, "ok", "ok")]}), "contain", "T5", "bad and double names dropped with a note", "umoci TestValidateRefname")
put("oci", "layers-none", ".oci.tar", oci([]), "accept", "T4", "image without layers", "OCI conformance NO_LAYERS")
put("oci", "layers-null", ".oci.tar", oci([], man=lambda m: {**m, "layers": None}), "contain", "T4", "null list", "")
put("oci", "layers-10000", ".oci.tar", oci([layer0], man=lambda m: {**m, "layers": m["layers"] * 10_000}, cfg={"rootfs": {"type": "layers", "diff_ids": ["sha256:" + sha(layer0)] * 10_000}}), "limit", "T6", "max layers", "moby MaxLayerDepth")
put("oci", "platforms-5000", ".oci.tar", oci([layer0], idx=lambda i: {**i, "manifests": [{**i["manifests"][0], "platform": {"architecture": "a%d" % k, "os": X}} for k in range(5000)]}), "contain", "T6", "limit or paged; one blob stored once", "")
put("oci", "sha512-ok", ".oci.tar", tar(ent(b"oci-layout", b'{"imageLayoutVersion":"1.0.0"}'), blob(CB), ent(b"blobs/sha512/" + hashlib.sha512(layer0).hexdigest().encode(), layer0),
    *(lambda m: [blob(m), ent(b"index.json", jd({"schemaVersion": 2, "manifests": [desc(m, MT)]}))])(jd({**MD, "layers": [{"mediaType": TART, "digest": "sha512:" + hashlib.sha512(layer0).hexdigest(), "size": len(layer0)}]}))), "contain", "T4", "sha512 accepted, or refused by name", "OCI conformance OCI_DATA_SHA512")
def chain(depth, fan):                                # index over index; the same child 'fan' times: fan^depth visits
    b, t, bl = jd(MD), MT, [layer0, CB, jd(MD)]
    for k in range(depth):
        b = jd({"schemaVersion": 2, "mediaType": IT, "manifests": [desc(b, t)] * fan, "annotations": {"l": str(k)}}); t = IT; bl.append(b)
    return tar(ent(b"oci-layout", b'{"imageLayoutVersion":"1.0.0"}'), ent(b"index.json", jd({"schemaVersion": 2, "mediaType": IT, "manifests": [desc(b, t)]})), *[blob(x) for x in bl])
put("oci", "index-depth-3", ".oci.tar", chain(3, 1), "accept", "T4", "nested index", "OCI conformance OCI_DATA_INDEX_LIST")
put("oci", "index-depth-2000", ".oci.tar", chain(2000, 1), "limit", "T6", "max index depth; no recursion error", "CVE-2026-53493")
put("oci", "index-graph-2^60", ".oci.tar", chain(60, 2), "limit", "T6", "each digest visited once; 10^18 visits otherwise", "CVE-2026-53493 (containerd index graph amplification)")
cyc = jd({"schemaVersion": 2, "mediaType": IT, "manifests": [{"mediaType": IT, "digest": "sha256:" + "c" * 64, "size": 1}]})
put("oci", "index-cyclic", ".oci.tar", tar(ent(b"oci-layout", b'{"imageLayoutVersion":"1.0.0"}'), ent(b"index.json", cyc), blob(cyc, "c" * 64)), "reject", "T6", "a cycle needs a digest lie: the digest check refuses it, and visited digests are remembered", "")
put("oci", "both-formats-differ", ".docker.tar", docker([BASE], extra=OKL[:-1024]), "contain", "T4", "docker and OCI parts name different images: one documented choice, or refused", "ggcr hello-world-v25.tar (both formats)")

# ================================================================ 10 truncation of a good image at every interesting point, and other uploads
good = docker([tar(OK1)])
cuts = {0, 1, 256, 511, 512, 513}
pos = laste = 0
while pos + 512 <= len(good) and good[pos:pos + 512].strip(b"\0"):
    n = int(good[pos + 124:pos + 135], 8); e = pos + 512 + n; p = pos + 512 + (n + 511) // 512 * 512
    cuts |= {pos + 99, pos + 300, pos + 511, pos + 512, pos + 513, pos + 512 + n // 2, e - 1, e, p - 1, p, p + 1}; pos = p; laste = e
cuts |= {pos + 512, len(good) - 1}
for c in sorted(x for x in cuts if x < len(good)):
    full = c >= laste
    put("trunc", f"docker-{c:06d}", ".docker.tar", good[:c], "contain" if full else "reject", "T4", "only padding or the end blocks are missing" if full else "named as truncated; nothing visible; the same file sent whole afterwards works", "Go/libarchive truncated inputs; commons COMPRESS-544; tokio-tar diff-039")
zg = gz(good)
for c in (1, 5, 10, len(zg) // 3, len(zg) - 9, len(zg) - 8, len(zg) - 1):
    put("trunc", f"gzip-{c:06d}", ".docker.tar.gz", zg[:c], "reject", "T4", "truncated gzip", "")
for c, b in {"empty": b"", "html.tar": HTML * 50, "zip": __import__("base64").b64decode("UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA=="), "random": b"".join(hashlib.sha256(b"%d" % k).digest() for k in range(2048)), "png": b"\x89PNG\r\n\x1a\n" + b"\0" * 2000, "text": b"FROM scratch\nRUN evil\n", "zeros-64KiB": Z1[:65536],
             "gzip-of-nothing": gz(b""), "gzip-of-text": gz(b"hello"), "xz": __import__("lzma").compress(good), "bz2": __import__("bz2").compress(good), "compress-Z": b"\x1f\x9d\x90" + b"\0" * 100, "lz4": b"\x04\x22\x4d\x18" + b"\0" * 100, "oci-layer-only": layer0}.items():
    put("upload", c, ".bin", b, "contain" if c in ("xz", "bz2", "oci-layer-only", "zeros-64KiB") else "reject", "T2", "told apart by content, not by name; message says what it is and what is accepted", "ASVS 5.2.2")
put("upload", "export-rootfs", ".bin", BASE, "accept", "T2", "docker export: a plain file system without manifest.json", "docker export")
put("upload", "export-with-manifest-json", ".bin", tar(OK1, ent(b"manifest.json", b'{"name":"a web app manifest"}'), ent(b"index.json", b"{}")), "contain", "T2", "a root file system that holds a manifest.json of its own: asked for or shown, not a server error", "")

os.makedirs(A.out, exist_ok=True)
with open(os.path.join(A.out, "expected.csv"), "w", newline="") as f:
    w = csv.DictWriter(f, fieldnames=["file", "group", "case", "kind", "verdict", "threat", "check", "anchor", "bytes", "expands_to", "sha256"]); w.writeheader(); w.writerows(ROWS)
from collections import Counter
print(len(ROWS), "files", sum(r["bytes"] for r in ROWS), "bytes", dict(Counter(r["group"] for r in ROWS)), dict(Counter(r["verdict"] for r in ROWS)), file=sys.stderr)
