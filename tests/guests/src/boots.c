// boots: counts its runs in /boots and logs each in /log, with the time and eight random bytes, as far as the board
// has a clock and randomness. Prints the log, then greets whoever it reads the name of. Exits with the count.
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static char text[4096];

static int fail(const char *what) {
  perror(what);
  return 1;
}

// Reads a whole file, as far as there is room; -1 if there is none.
static ssize_t load(const char *path) {
  int fd = open(path, O_RDONLY);
  if (fd < 0) return -1;
  ssize_t len = 0, n;
  while ((n = read(fd, text + len, sizeof text - 1 - len)) > 0) len += n;
  close(fd);
  text[len] = 0;
  return n < 0 ? -1 : len;
}

static int save(const char *path, int flags) {
  size_t len = strlen(text);
  int fd = open(path, O_WRONLY | O_CREAT | flags, 0666);
  if (fd < 0 || write(fd, text, len) != (ssize_t)len || fsync(fd) < 0 || close(fd) < 0) return fail(path);
  return 0;
}

int main(void) {
  int boots = load("/boots") < 0 ? 1 : atoi(text) + 1;
  // A new file with the new number takes the old one's name: one of the two is there whenever power fails.
  snprintf(text, sizeof text, "%d\n", boots);
  if (save("/boots.new", O_TRUNC)) return 1;
  if (rename("/boots.new", "/boots") < 0) return fail("rename");

  int len = snprintf(text, sizeof text, "boot %d at ", boots);
  struct timespec now;
  if (clock_gettime(CLOCK_REALTIME, &now) == 0)
    len += snprintf(text + len, sizeof text - len, "%lld random ", (long long)now.tv_sec);
  else
    len += snprintf(text + len, sizeof text - len, "? random ");
  unsigned char random[8];
  if (getentropy(random, sizeof random) == 0)
    for (size_t i = 0; i < sizeof random; i++) len += snprintf(text + len, sizeof text - len, "%02x", random[i]);
  else
    strcat(text, "?");
  strcat(text, "\n");
  if (save("/log", O_APPEND)) return 1;
  if (load("/log") < 0) return fail("/log");
  printf("%s", text);

  printf("Who are you?\n");
  fflush(stdout);
  if (!fgets(text, sizeof text, stdin)) return fail("stdin");
  text[strcspn(text, "\r\n")] = 0;
  printf("Good day, %s.\n", text);
  return boots;
}
