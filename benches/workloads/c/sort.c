// Data-dependent branches: quicksort of 200,000 pseudo-random numbers, n times.
enum { COUNT = 200000 };
static unsigned numbers[COUNT];

static void sort(unsigned *v, int low, int high) {
  while (low < high) {
    unsigned pivot = v[(low + high) >> 1];
    int i = low, j = high;
    while (i <= j) {
      while (v[i] < pivot) i++;
      while (v[j] > pivot) j--;
      if (i <= j) {
        unsigned t = v[i];
        v[i++] = v[j];
        v[j--] = t;
      }
    }
    if (j - low < high - i) {
      sort(v, low, j);
      low = i;
    } else {
      sort(v, i, high);
      high = j;
    }
  }
}

long long run(int n) {
  unsigned x = 2463534242u;
  long long sum = 0;
  for (int round = 0; round < n; round++) {
    for (int i = 0; i < COUNT; i++) {
      x ^= x << 13;
      x ^= x >> 17;
      x ^= x << 5;
      numbers[i] = x;
    }
    sort(numbers, 0, COUNT - 1);
    for (int i = 1; i < COUNT; i++) sum += numbers[i] >= numbers[i - 1];
    sum += numbers[COUNT / 2];
  }
  return sum;
}
