// calls: every function of WASI preview 1, once, without a library in between. Prints a line for each: its name,
// the error number, and what it gave. Works in the first preopened directory and leaves it as it was.
#include <stdio.h>
#include <string.h>
#include <wasi/api.h>

static const __wasi_fd_t ROOT = 3;
static unsigned char buffer[4096];
static __wasi_size_t size;

static void line(const char *name, __wasi_errno_t error, unsigned long long value) {
  printf("%s %d %llu\n", name, error, value);
}

int main(void) {
  __wasi_size_t count;
  __wasi_timestamp_t time;
  __wasi_filesize_t offset;
  __wasi_fdstat_t fdstat;
  __wasi_filestat_t stat;
  __wasi_prestat_t prestat;
  __wasi_fd_t fd, other;
  static uint8_t *pointers[64];
  const __wasi_rights_t all = __WASI_RIGHTS_FD_READ | __WASI_RIGHTS_FD_WRITE | __WASI_RIGHTS_FD_SEEK |
                              __WASI_RIGHTS_FD_TELL | __WASI_RIGHTS_FD_ADVISE | __WASI_RIGHTS_FD_ALLOCATE |
                              __WASI_RIGHTS_FD_SYNC | __WASI_RIGHTS_FD_DATASYNC |
                              __WASI_RIGHTS_FD_FDSTAT_SET_FLAGS | __WASI_RIGHTS_FD_FILESTAT_GET |
                              __WASI_RIGHTS_FD_FILESTAT_SET_SIZE | __WASI_RIGHTS_FD_FILESTAT_SET_TIMES |
                              __WASI_RIGHTS_POLL_FD_READWRITE;

  line("args_sizes_get", __wasi_args_sizes_get(&count, &size), count);
  line("args_get", __wasi_args_get(pointers, buffer), strlen((char *)pointers[0]) > 0);
  line("environ_sizes_get", __wasi_environ_sizes_get(&count, &size), count);
  line("environ_get", __wasi_environ_get(pointers, buffer), buffer[0]);
  line("clock_res_get", __wasi_clock_res_get(__WASI_CLOCKID_MONOTONIC, &time), time > 0);
  line("clock_time_get", __wasi_clock_time_get(__WASI_CLOCKID_REALTIME, 1, &time), time > 0);
  line("random_get", __wasi_random_get(buffer, 16), 16);
  line("fd_prestat_get", __wasi_fd_prestat_get(ROOT, &prestat), prestat.u.dir.pr_name_len);
  line("fd_prestat_dir_name", __wasi_fd_prestat_dir_name(ROOT, buffer, prestat.u.dir.pr_name_len), buffer[0]);

  line("path_create_directory", __wasi_path_create_directory(ROOT, "calls"), 0);
  line("path_open", __wasi_path_open(ROOT, 0, "calls/f", __WASI_OFLAGS_CREAT, all, 0, 0, &fd), 0);
  __wasi_ciovec_t out = {(const uint8_t *)"0123456789", 10};
  line("fd_write", __wasi_fd_write(fd, &out, 1, &size), size);
  out.buf_len = 3;
  line("fd_pwrite", __wasi_fd_pwrite(fd, &out, 1, 5, &size), size);
  line("fd_seek", __wasi_fd_seek(fd, -7, __WASI_WHENCE_END, &offset), offset);
  __wasi_iovec_t in = {buffer, 4};
  line("fd_read", __wasi_fd_read(fd, &in, 1, &size), buffer[2]);
  line("fd_pread", __wasi_fd_pread(fd, &in, 1, 8, &size), size);
  line("fd_tell", __wasi_fd_tell(fd, &offset), offset);
  line("fd_advise", __wasi_fd_advise(fd, 0, 10, __WASI_ADVICE_SEQUENTIAL), 0);
  line("fd_allocate", __wasi_fd_allocate(fd, 0, 20), 0);
  line("fd_filestat_get", __wasi_fd_filestat_get(fd, &stat), stat.size);
  line("fd_filestat_set_size", __wasi_fd_filestat_set_size(fd, 12), 0);
  line("fd_filestat_set_times", __wasi_fd_filestat_set_times(fd, 0, 5000000000, __WASI_FSTFLAGS_MTIM), 0);
  line("fd_datasync", __wasi_fd_datasync(fd), 0);
  line("fd_sync", __wasi_fd_sync(fd), 0);
  line("fd_fdstat_set_flags", __wasi_fd_fdstat_set_flags(fd, __WASI_FDFLAGS_APPEND), 0);
  line("fd_fdstat_set_rights", __wasi_fd_fdstat_set_rights(fd, __WASI_RIGHTS_FD_READ, 0), 0);
  line("fd_fdstat_get", __wasi_fd_fdstat_get(fd, &fdstat), fdstat.fs_rights_base);

  line("path_filestat_get", __wasi_path_filestat_get(ROOT, 0, "calls/f", &stat), stat.mtim);
  line("path_filestat_set_times",
       __wasi_path_filestat_set_times(ROOT, 0, "calls/f", 0, 7000000000, __WASI_FSTFLAGS_MTIM), 0);
  line("path_link", __wasi_path_link(ROOT, 0, "calls/f", ROOT, "calls/g"), 0);
  line("path_symlink", __wasi_path_symlink("f", ROOT, "calls/s"), 0);
  line("path_readlink", __wasi_path_readlink(ROOT, "calls/s", buffer, sizeof buffer, &size), buffer[0]);
  line("path_rename", __wasi_path_rename(ROOT, "calls/g", ROOT, "calls/h"), 0);
  (void)__wasi_path_open(ROOT, 0, "calls", __WASI_OFLAGS_DIRECTORY, __WASI_RIGHTS_FD_READDIR, 0, 0, &other);
  line("fd_readdir", __wasi_fd_readdir(other, buffer, sizeof buffer, 0, &size), size);
  line("fd_renumber", __wasi_fd_renumber(other, fd), 0);
  line("fd_close", __wasi_fd_close(fd), 0);
  line("path_unlink_file", __wasi_path_unlink_file(ROOT, "calls/f"), 0);
  (void)__wasi_path_unlink_file(ROOT, "calls/h");
  (void)__wasi_path_unlink_file(ROOT, "calls/s");
  line("path_remove_directory", __wasi_path_remove_directory(ROOT, "calls"), 0);

  __wasi_subscription_t wait = {
      .userdata = 99, .u = {.tag = __WASI_EVENTTYPE_CLOCK, .u.clock = {.id = __WASI_CLOCKID_MONOTONIC, .timeout = 1}}};
  __wasi_event_t event;
  line("poll_oneoff", __wasi_poll_oneoff(&wait, &event, 1, &size), event.userdata);
  line("sched_yield", __wasi_sched_yield(), 0);
  // The directory is no socket; what sockets do is for the guest `server`.
  __wasi_roflags_t flags;
  line("sock_accept", __wasi_sock_accept(ROOT, 0, &other), 0);
  line("sock_recv", __wasi_sock_recv(ROOT, &in, 1, 0, &size, &flags), 0);
  line("sock_send", __wasi_sock_send(ROOT, &out, 1, 0, &size), 0);
  line("sock_shutdown", __wasi_sock_shutdown(ROOT, __WASI_SDFLAGS_WR), 0);
  // Signal 0 does nothing. (The library has no declaration of it.)
  extern int32_t proc_raise(int32_t) __attribute__((import_module("wasi_snapshot_preview1"), import_name("proc_raise")));
  line("proc_raise", proc_raise(0), 0);
  fflush(stdout);
  __wasi_proc_exit(7);
}
