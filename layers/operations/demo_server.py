"""The program inside the demo images: a web server in five hundred bytes.

Nothing is downloaded and nothing is compiled when the demo is made, so the
server is machine code (Linux, x86-64), put down call by call. It answers every
request on port 80 with the page and stops on a signal, which process 1 of a
container must ask for.
"""

import struct

BASE = 0x400000
HEADERS_SIZE = 64 + 56
PAGE = b"/usr/share/nginx/html/index.html\0"
ANSWER = b"HTTP/1.0 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"

CODE = bytes.fromhex(
    "41ba0800000031d2488d35e1000000bf03000000b80d0000000f05"  # rt_sigaction(SIGQUIT, action, 0, 8)
    "bf0f000000b80d0000000f05"  # rt_sigaction(SIGTERM, action, 0, 8)
    "bf02000000b80d0000000f05"  # rt_sigaction(SIGINT, action, 0, 8)
    "bf02000000be0100000031d2b8290000000f05"  # socket(AF_INET, SOCK_STREAM, 0)
    "89c389df488d35bf000000ba10000000b8310000000f05"  # ebx = it; bind(ebx, address, 16)
    "85c00f8581000000"  # if that failed: quit
    "89dfbe10000000b8320000000f05"  # listen(ebx, 16)
    "89df31f631d2b82b0000000f05"  # next: accept(ebx, 0, 0)
    "89c589ef488db42400f0ffffba0010000031c00f05"  # ebp = it; read(ebp, below the stack, 4096)
    "89ef488d3586000000ba3b000000b8010000000f05"  # write(ebp, ANSWER, 59)
    "488d3dae00000031f6b8020000000f05"  # open(PAGE, O_RDONLY)
    "4189c489ef4489e631d241ba00001000b8280000000f05"  # r12d = it; sendfile(ebp, r12d, 0, 1 MiB)
    "4489e7b8030000000f05"  # close(r12d)
    "89efb8030000000f05"  # close(ebp)
    "eb8d"  # goto next
    "31ffb83c0000000f05"  # quit: exit(0)
    "90"  # the data below starts at a multiple of eight
)
QUIT = BASE + HEADERS_SIZE + len(CODE) - 10
SA_RESTORER = 0x04000000


def server_program() -> bytes:
    """An ELF executable that is one segment, read-only, loaded as a whole."""
    action = struct.pack("<4Q", QUIT, SA_RESTORER, QUIT, 0)
    address = struct.pack("<H2s4x8x4x", 2, b"\x00\x50")
    body = CODE + action + address + ANSWER + PAGE
    size = HEADERS_SIZE + len(body)
    entry = BASE + HEADERS_SIZE
    identity = b"\x7fELF\x02\x01\x01".ljust(16, b"\0")
    header = struct.pack("<16s2HI3QI6H", identity, 2, 62, 1, entry, 64, 0, 0, 64, 56, 1, 0, 0, 0)
    segment = struct.pack("<2I6Q", 1, 5, 0, BASE, BASE, size, size, 0x1000)
    return header + segment + body
