// ① interface — what to do about a driver's refusal, by the words of its reason.

interface Row {
  readonly when: RegExp
  readonly advice: string
}

const ADVICE: readonly Row[] = [
  { when: /TRUEAIO_ADDON=off/, advice: 'unset TRUEAIO_ADDON' },
  { when: /which TRUEAIO_ADDON names/, advice: 'set TRUEAIO_ADDON to the path of trueaio.node, or unset it' },
  { when: /npm run build:addon/, advice: 'run `npm run build:addon` in the checkout' },
  { when: /is not installed: install trueaio/, advice: 'install again without --omit=optional; copy no node_modules from a machine with another system or C library' },
  { when: /there is no addon for/, advice: 'nothing: on this platform the driver node serves' },
  { when: /permission model/, advice: 'start Node without --permission, or name the addon by TRUEAIO_ADDON and give --allow-addons' },
  { when: /GLIBC|GLIBCXX|symbol not found|wrong ELF class|invalid ELF/i, advice: 'the binary is for another C library or processor: remove node_modules and install on this machine' },
  { when: /did not load/, advice: 'remove node_modules and install on this machine; if it stays, report it with this line' },
  { when: /Bun|Deno/, advice: 'nothing: these runtimes have no loop that the addon could wake; run it by Node for the engine' },
  { when: /io_uring_setup: EPERM|io_uring_enter: EPERM|forbidden by sysctl/, advice: 'as root `sysctl kernel.io_uring_disabled=0`; in a container allow io_uring_setup, io_uring_enter and io_uring_register in its seccomp profile (docker: --security-opt seccomp=FILE). Else the thread pool serves' },
  { when: /io_setup: EPERM/, advice: 'allow io_setup, io_submit, io_getevents, io_cancel and io_destroy in the seccomp profile' },
  { when: /too old|lacks opcode|ENOSYS: this kernel has no io_uring/, advice: 'Linux 5.11 or newer has it; else the thread pool serves' },
  { when: /RLIMIT_MEMLOCK/, advice: 'raise the limit: `ulimit -l unlimited`, LimitMEMLOCK= in systemd, --ulimit memlock=-1 in docker' },
  { when: /fs\.aio-max-nr/, advice: 'as root `sysctl fs.aio-max-nr=1048576`' },
  { when: /CONFIG_AIO/, advice: 'nothing: the thread pool carries out what this driver would' },
  { when: /it has died/, advice: 'restart the program; if it comes again, report it with this line' },
  { when: /EMFILE|ENFILE|too many open files/i, advice: 'raise the limit of open files: `ulimit -n`' },
  { when: /ENOMEM|EAGAIN|cannot allocate/i, advice: 'free memory, or raise the limits of the container' },
  { when: /is Linux's/, advice: 'nothing: this driver is for Linux' },
]

/** Undefined: there is nothing to say. */
export function adviceFor(reason: string): string | undefined {
  return ADVICE.find(({ when }) => when.test(reason))?.advice
}
