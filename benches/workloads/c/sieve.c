// Byte loads and stores with strides: the primes below four million, n times.
enum { LIMIT = 4000000 };
static unsigned char composite[LIMIT];

long long run(int n) {
  long long sum = 0;
  for (int round = 0; round < n; round++) {
    __builtin_memset(composite, 0, LIMIT);
    for (int i = 2; i * i < LIMIT; i++)
      if (!composite[i])
        for (int j = i * i; j < LIMIT; j += i) composite[j] = 1;
    for (int i = 2; i < LIMIT; i++) sum += composite[i] ? 0 : i ^ round;
  }
  return sum;
}

// What the compiler calls for a large fill when bulk memory is off.
void *memset(void *to, int value, __SIZE_TYPE__ size) {
  for (unsigned char *p = to; size--;) *p++ = (unsigned char)value;
  return to;
}
