// The system call filter of the box, as a classic BPF program for bwrap's --seccomp.
// Namespaces do not separate keyrings, vsock, bpf and performance events, so the filter refuses them.
// Source of numbers and layout: linux/seccomp.h, linux/audit.h and the kernel's system call tables.

const [loadWord, jumpIfEqual, jumpIfGreaterOrEqual, answer] = [0x20, 0x15, 0x35, 0x06];
const [allow, errno] = [0x7fff0000, 0x00050000];
const [EPERM, ENOSYS, EAFNOSUPPORT] = [1, 38, 97];
/** Offsets into struct seccomp_data. */
const [callNumber, architecture, firstArgument] = [0, 4, 16];
/** AF_UNIX, AF_INET, AF_INET6, AF_NETLINK. */
const allowedFamilies = [1, 2, 10, 16];

interface SystemCalls {
  audit: number;
  socket: number;
  /** keyctl, add_key, request_key, bpf, perf_event_open, userfaultfd, open_by_handle_at. */
  refused: number[];
  /** io_uring_setup, io_uring_enter, io_uring_register: programs fall back when the kernel says that it has none. */
  absent: number[];
}

const systemCalls: Record<string, SystemCalls> = {
  x64: {
    audit: 0xc000003e,
    socket: 41,
    refused: [250, 248, 249, 321, 298, 323, 304],
    absent: [425, 426, 427],
  },
  arm64: {
    audit: 0xc00000b7,
    socket: 198,
    refused: [219, 217, 218, 280, 241, 282, 265],
    absent: [425, 426, 427],
  },
};

/** The program for a machine as `os.arch()` names it; null for one whose numbers are not known here. */
export function seccompFilter(arch: string): Uint8Array | null {
  const calls = systemCalls[arch];
  if (!calls) return null;
  const refuse = (code: number) => instruction(answer, 0, 0, errno | code);
  const program = [
    instruction(loadWord, 0, 0, architecture),
    instruction(jumpIfEqual, 1, 0, calls.audit),
    // A program of another architecture would use other numbers for the same calls.
    refuse(ENOSYS),
    instruction(loadWord, 0, 0, callNumber),
    // The x32 variant of x86_64 numbers its calls from here.
    instruction(jumpIfGreaterOrEqual, 0, 1, 0x40000000),
    refuse(ENOSYS),
    ...calls.refused.flatMap((number) => [instruction(jumpIfEqual, 0, 1, number), refuse(EPERM)]),
    ...calls.absent.flatMap((number) => [instruction(jumpIfEqual, 0, 1, number), refuse(ENOSYS)]),
    instruction(jumpIfEqual, 0, allowedFamilies.length + 2, calls.socket),
    instruction(loadWord, 0, 0, firstArgument),
    ...allowedFamilies.map((family, index) => instruction(jumpIfEqual, allowedFamilies.length - index, 0, family)),
    refuse(EAFNOSUPPORT),
    instruction(answer, 0, 0, allow),
  ];
  return Buffer.concat(program);
}

function instruction(code: number, ifTrue: number, ifFalse: number, constant: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16LE(code, 0);
  bytes.writeUInt8(ifTrue, 2);
  bytes.writeUInt8(ifFalse, 3);
  bytes.writeUInt32LE(constant, 4);
  return bytes;
}
