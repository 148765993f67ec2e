// A mixed integer workload in the manner of CoreMark, not its code: per iteration a linked list is searched,
// reversed and merge-sorted, 16-bit matrices are multiplied, a state machine scans numbers in a text, and
// everything read is folded into a CRC-16.
typedef unsigned short u16;
typedef unsigned u32;
enum { NODES = 120, SIDE = 12, STATES = 8 };

static u16 crc_byte(u16 crc, u32 byte) {
  for (int i = 0; i < 8; i++) {
    u32 bit = (crc ^ byte) & 1;
    crc = (u16)(crc >> 1 ^ (bit ? 0xa001 : 0));
    byte >>= 1;
  }
  return crc;
}

static u16 crc16(u16 crc, u32 value) { return crc_byte(crc_byte(crc, value & 255), value >> 8 & 255); }

static u16 crc32bits(u16 crc, u32 value) { return crc16(crc16(crc, value & 65535), value >> 16); }

// ---- list

struct node {
  struct node *next;
  short key, data;
};
static struct node nodes[NODES];

static struct node *build(u32 seed) {
  struct node *head = 0;
  for (int i = 0; i < NODES; i++) {
    seed = seed * 1103515245 + 12345;
    nodes[i].key = (short)(seed >> 16 & 0x7fff);
    nodes[i].data = (short)i;
    nodes[i].next = head;
    head = &nodes[i];
  }
  return head;
}

static struct node *find(struct node *head, short key) {
  while (head && (head->key & 255) != key) head = head->next;
  return head;
}

static struct node *reverse(struct node *head) {
  struct node *done = 0;
  while (head) {
    struct node *next = head->next;
    head->next = done;
    done = head;
    head = next;
  }
  return done;
}

static int by_key(const struct node *a, const struct node *b) { return a->key - b->key; }
static int by_data(const struct node *a, const struct node *b) { return a->data - b->data; }

typedef int compare(const struct node *, const struct node *);

static struct node *merge_sort(struct node *list, compare *less) {
  for (int size = 1;; size *= 2) {
    struct node *p = list, *tail = 0;
    int merges = 0;
    list = 0;
    while (p) {
      merges++;
      struct node *q = p;
      int p_size = 0, q_size = size;
      for (; p_size < size && q; p_size++) q = q->next;
      while (p_size > 0 || (q_size > 0 && q)) {
        struct node *e;
        if (p_size == 0 || (q_size > 0 && q && less(p, q) > 0)) {
          e = q, q = q->next, q_size--;
        } else {
          e = p, p = p->next, p_size--;
        }
        if (tail) tail->next = e;
        else list = e;
        tail = e;
      }
      p = q;
    }
    tail->next = 0;
    if (merges <= 1) return list;
  }
}

static u16 lists(u32 seed, u16 crc) {
  struct node *head = build(seed);
  for (short key = 0; key < 24; key++) {
    struct node *hit = find(head, key);
    crc = crc16(crc, hit ? (u32)hit->data : 0xffff);
    head = reverse(head);
  }
  head = merge_sort(head, by_key);
  for (struct node *n = head; n; n = n->next) crc = crc16(crc, (u32)n->key);
  head = merge_sort(head, by_data);
  return crc16(crc, (u32)head->key);
}

// ---- matrices

static short left[SIDE][SIDE], right[SIDE][SIDE];
static int product[SIDE][SIDE];

static u16 matrices(u32 seed, u16 crc) {
  for (int i = 0; i < SIDE; i++)
    for (int j = 0; j < SIDE; j++) {
      seed = seed * 1664525 + 1013904223;
      left[i][j] = (short)(seed >> 20);
      right[i][j] = (short)(seed >> 12 & 0x7ff);
    }
  for (int i = 0; i < SIDE; i++)
    for (int j = 0; j < SIDE; j++) {
      int sum = 0;
      for (int k = 0; k < SIDE; k++) sum += left[i][k] * right[k][j];
      product[i][j] = sum;
    }
  for (int i = 0; i < SIDE; i++)
    for (int j = 0; j < SIDE; j++) {
      int bits = 0;
      for (int k = 0; k < SIDE; k++) {
        int t = left[i][k] * right[k][j];
        bits += (t >> 2 & 15) * (t >> 5 & 127);
      }
      product[i][j] ^= bits;
    }
  for (int i = 0; i < SIDE; i++) crc = crc32bits(crc, (u32)product[i][SIDE - 1 - i]);
  return crc;
}

// ---- state machine

enum state { START, SIGN, INTEGER, POINT, FRACTION, EXPONENT, SCIENTIFIC, INVALID };
static const char text[] = "5012,-874,+0.5,12e7,-1.25e-3,abc,.5,1e,+e7,99x,-,3.14159,1e+10,,0,42.,7E2,+-3,65535,-0.001,";

static enum state next(enum state s, char c, u32 *visits) {
  int digit = c >= '0' && c <= '9';
  enum state to = INVALID;
  switch (s) {
    case START: to = digit ? INTEGER : c == '+' || c == '-' ? SIGN : c == '.' ? POINT : INVALID; break;
    case SIGN: to = digit ? INTEGER : c == '.' ? POINT : INVALID; break;
    case INTEGER: to = digit ? INTEGER : c == '.' ? POINT : c == 'e' || c == 'E' ? EXPONENT : INVALID; break;
    case POINT:
    case FRACTION: to = digit ? FRACTION : c == 'e' || c == 'E' ? EXPONENT : INVALID; break;
    case EXPONENT: to = digit || c == '+' || c == '-' ? SCIENTIFIC : INVALID; break;
    case SCIENTIFIC: to = digit ? SCIENTIFIC : INVALID; break;
    case INVALID: break;
  }
  visits[to]++;
  return to;
}

static u16 states(u32 seed, u16 crc) {
  u32 visits[STATES] = {0}, ends[STATES] = {0};
  enum state s = START;
  for (int pass = 0; pass < 4; pass++)
    for (const char *p = text; *p; p++) {
      char c = (seed >> (pass * 8) & 7) == 0 && *p == '-' ? '+' : *p;
      if (c == ',') {
        ends[s]++;
        s = START;
      } else {
        s = next(s, c, visits);
      }
    }
  for (int i = 0; i < STATES; i++) crc = crc32bits(crc32bits(crc, visits[i]), ends[i]);
  return crc;
}

long long run(int n) {
  u16 crc = 0xffff;
  for (int i = 0; i < n; i++) {
    u32 seed = (u32)i * 2654435761u ^ crc;
    crc = lists(seed, crc);
    crc = matrices(seed, crc);
    crc = states(seed, crc);
  }
  return crc;
}
