// trap: looks for a file that is not there, and traps three calls deep. Has the names of its functions, and no C
// library but its wrappers of the imports.
#include <wasi/api.h>

__attribute__((noinline)) static int divide(int a, int b) { return a / b; }

__attribute__((noinline)) static int average(int sum, int count) { return divide(sum, count) + 1; }

void _start(void) {
  __wasi_fd_t fd = 0;
  __wasi_errno_t error = __wasi_path_open(3, 0, "missing", 0, __WASI_RIGHTS_FD_READ, 0, 0, &fd);
  // Nothing was opened: there are 0 values.
  __wasi_proc_exit(average(error, fd));
}
