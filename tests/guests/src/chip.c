// chip: what a program does on a chip with 16 KB of RAM, in 2 KiB of memory and without a C library. Counts its runs
// in the file `count`, prints that, random bytes, and how long a sleep of 20 ms took. Exits with the count.
#include <wasi/api.h>

#define TEXT(s) (s), sizeof(s) - 1

static void print(const char *text, __wasi_size_t len) {
  __wasi_ciovec_t out = {(const uint8_t *)text, len};
  __wasi_size_t written;
  (void)__wasi_fd_write(1, &out, 1, &written);
}

static void print_number(unsigned n) {
  char digits[10];
  unsigned at = sizeof digits;
  do digits[--at] = '0' + n % 10;
  while (n /= 10);
  print(digits + at, sizeof digits - at);
}

static __wasi_timestamp_t now(void) {
  __wasi_timestamp_t time = 0;
  (void)__wasi_clock_time_get(__WASI_CLOCKID_MONOTONIC, 1, &time);
  return time;
}

static void check(__wasi_errno_t error, int code) {
  if (error) __wasi_proc_exit(code);
}

// The count is a byte.
static unsigned count(void) {
  __wasi_fd_t fd;
  __wasi_size_t len;
  unsigned char runs = 0;
  check(__wasi_path_open(3, 0, "count", __WASI_OFLAGS_CREAT,
                         __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_WRITE | __WASI_RIGHTS_FD_SEEK, 0, 0, &fd),
        100);
  __wasi_iovec_t in = {&runs, 1};
  check(__wasi_fd_pread(fd, &in, 1, 0, &len), 101);
  runs++;
  __wasi_ciovec_t out = {&runs, 1};
  check(__wasi_fd_pwrite(fd, &out, 1, 0, &len), 102);
  check(__wasi_fd_close(fd), 103);
  return runs;
}

void _start(void) {
  unsigned runs = count();
  print(TEXT("run "));
  print_number(runs);

  unsigned char random[4];
  check(__wasi_random_get(random, sizeof random), 104);
  print(TEXT(" random"));
  for (unsigned i = 0; i < sizeof random; i++) {
    print(TEXT(" "));
    print_number(random[i]);
  }

  __wasi_timestamp_t start = now();
  __wasi_subscription_t sleep = {.u = {.tag = __WASI_EVENTTYPE_CLOCK}};
  sleep.u.u.clock.id = __WASI_CLOCKID_MONOTONIC;
  sleep.u.u.clock.timeout = 20000000;
  __wasi_event_t event;
  __wasi_size_t events;
  check(__wasi_poll_oneoff(&sleep, &event, 1, &events), 105);
  print(TEXT(" slept "));
  print_number((now() - start) / 1000000);
  print(TEXT(" ms\n"));
  __wasi_proc_exit(runs);
}
