// server N: answers N connections of the listener that is descriptor 3, one after the other. `GET path` is told
// the path, `POST` gets its body back, and anything else is an error; then the connection is shut down.
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static char request[65536];

static void send_all(int fd, const char *bytes, size_t len) {
  while (len > 0) {
    ssize_t n = send(fd, bytes, len, 0);
    if (n < 0) {
      perror("send");
      return;
    }
    bytes += n;
    len -= n;
  }
}

static void answer(int fd, const char *status, const char *body, size_t len) {
  char head[256];
  int n = snprintf(head, sizeof head, "HTTP/1.0 %s\r\nContent-Length: %zu\r\n\r\n", status, len);
  send_all(fd, head, n);
  send_all(fd, body, len);
}

static void serve(int fd) {
  // The method first, without taking it from the queue.
  char method[5] = {0};
  if (recv(fd, method, 4, MSG_PEEK | MSG_WAITALL) < 4) {
    printf("no request\n");
    return;
  }
  size_t used = 0;
  char *end = NULL;
  while (!end && used < sizeof request - 1) {
    ssize_t n = recv(fd, request + used, sizeof request - 1 - used, 0);
    if (n <= 0) break;
    used += n;
    request[used] = 0;
    end = strstr(request, "\r\n\r\n");
  }
  if (!end) {
    answer(fd, "400 Bad Request", "", 0);
  } else if (!strcmp(method, "GET ")) {
    char *path = request + 4, *stop = strchr(path, ' ');
    answer(fd, "200 OK", path, stop ? (size_t)(stop - path) : 0);
  } else if (!strcmp(method, "POST")) {
    char *length = strstr(request, "Content-Length: ");
    size_t want = length ? strtoul(length + 16, NULL, 10) : 0, head = end + 4 - request;
    if (want > sizeof request - 1 - head) want = sizeof request - 1 - head;
    while (used < head + want) {
      ssize_t n = recv(fd, request + used, head + want - used, MSG_WAITALL);
      if (n <= 0) break;
      used += n;
    }
    answer(fd, "200 OK", request + head, used - head);
  } else {
    answer(fd, "405 Method Not Allowed", "", 0);
  }
  printf("%.4s %zu\n", method, used);
}

int main(int argc, char **argv) {
  int count = argc > 1 ? atoi(argv[1]) : 1;
  // Nobody has called yet, and a listener that does not wait says so.
  fcntl(3, F_SETFL, O_NONBLOCK);
  int fd = accept(3, NULL, NULL);
  printf("accept: %s\n", fd < 0 ? strerror(errno) : "a connection");
  fflush(stdout);
  fcntl(3, F_SETFL, 0);
  for (int i = 0; i < count; i++) {
    struct pollfd ready = {.fd = 3, .events = POLLIN};
    if (poll(&ready, 1, -1) != 1) perror("poll");
    fd = accept(3, NULL, NULL);
    if (fd < 0) {
      perror("accept");
      return 1;
    }
    serve(fd);
    fflush(stdout);
    if (shutdown(fd, SHUT_RDWR) < 0) perror("shutdown");
    close(fd);
  }
}
