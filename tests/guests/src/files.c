// files: exercises a WASI host's arguments, environment and files, as a C program meets them.
// `files DIR` works below DIR and prints one line per step; `files exit N` leaves with code N;
// `files env` prints arguments and environment; `files abort` traps.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

extern char **environ;
static char root[256], path_a[512], path_b[512];

static const char *at(char *buffer, const char *name) {
  snprintf(buffer, 512, "%s/%s", root, name);
  return buffer;
}

static void step(const char *what, long got) {
  if (got < 0)
    printf("%s: %s\n", what, strerror(errno));
  else
    printf("%s: %ld\n", what, got);
}

static int by_name(const void *a, const void *b) { return strcmp(*(char *const *)a, *(char *const *)b); }

static void list(const char *dir) {
  char *names[64];
  int n = 0;
  DIR *d = opendir(dir);
  if (!d) {
    step("opendir", -1);
    return;
  }
  for (struct dirent *e; (e = readdir(d)) && n < 64;)
    if (e->d_name[0] != '.') names[n++] = strdup(e->d_name);
  closedir(d);
  qsort(names, n, sizeof *names, by_name);
  printf("list:");
  for (int i = 0; i < n; i++) printf(" %s", names[i]);
  printf("\n");
}

static int work(void) {
  struct stat st;
  char buffer[64] = {0};
  step("mkdir", mkdir(at(path_a, "d"), 0777));
  step("mkdir again", mkdir(at(path_a, "d"), 0777));
  int fd = open(at(path_a, "d/one"), O_CREAT | O_EXCL | O_RDWR, 0666);
  step("create", fd < 0 ? -1 : 0);
  step("write", write(fd, "hello, files", 12));
  step("seek", lseek(fd, 7, SEEK_SET));
  step("read", read(fd, buffer, 5));
  printf("text: %s\n", buffer);
  step("pwrite", pwrite(fd, "HELLO", 5, 0));
  step("truncate", ftruncate(fd, 9));
  step("fstat", fstat(fd, &st));
  printf("size: %ld\n", (long)st.st_size);
  step("close", close(fd));
  step("exclusive", open(path_a, O_CREAT | O_EXCL | O_RDWR, 0666));
  fd = open(path_a, O_WRONLY | O_APPEND);
  step("append", write(fd, "!", 1));
  close(fd);
  step("rename", rename(path_a, at(path_b, "d/two")));
  step("stat old", stat(path_a, &st));
  step("stat new", stat(path_b, &st));
  printf("size: %ld\n", (long)st.st_size);
  FILE *f = fopen(at(path_a, "d/three"), "w");
  if (!f) {
    step("fopen", -1);
    return 1;
  }
  for (int i = 0; i < 1000; i++) fprintf(f, "line %d\n", i);
  step("fclose", fclose(f));
  f = fopen(path_a, "r");
  long lines = 0;
  while (fgets(buffer, sizeof buffer, f)) lines++;
  fclose(f);
  step("lines", lines);
  list(at(path_a, "d"));
  step("rmdir full", rmdir(path_a));
  step("unlink", unlink(at(path_b, "d/two")) | unlink(at(path_b, "d/three")));
  step("rmdir", rmdir(path_a));
  step("outside", open(at(path_a, "../outside"), O_CREAT | O_RDWR, 0666));
  step("absolute", open("/etc/passwd", O_RDONLY));
  return 0;
}

int main(int argc, char **argv) {
  if (argc == 3 && !strcmp(argv[1], "exit")) return atoi(argv[2]);
  if (argc == 2 && !strcmp(argv[1], "abort")) __builtin_trap();
  if (argc >= 2 && !strcmp(argv[1], "env")) {
    for (int i = 0; i < argc; i++) printf("arg: %s\n", argv[i]);
    for (char **e = environ; *e; e++) printf("env: %s\n", *e);
    return 0;
  }
  if (argc == 2 && !strcmp(argv[1], "cat")) {
    char buffer[256];
    for (ssize_t n; (n = read(0, buffer, sizeof buffer)) > 0;) write(1, buffer, n);
    return 0;
  }
  if (argc == 2 && !strcmp(argv[1], "time")) {
    struct timespec a, b;
    clock_gettime(CLOCK_MONOTONIC, &a);
    usleep(20000);
    clock_gettime(CLOCK_MONOTONIC, &b);
    long ms = (b.tv_sec - a.tv_sec) * 1000 + (b.tv_nsec - a.tv_nsec) / 1000000;
    printf("slept: %s\nyear: %s\n", ms >= 19 ? "yes" : "no", time(0) > 1700000000 ? "plausible" : "wrong");
    return 0;
  }
  if (argc != 2) {
    fprintf(stderr, "usage: files DIR | exit N | env | cat | time | abort\n");
    return 2;
  }
  snprintf(root, sizeof root, "%s", argv[1]);
  return work();
}
