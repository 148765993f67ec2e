// y = a x + y over 4,096 numbers, 1,000 n times.
#include <wasm_simd128.h>
enum { SIZE = 4096 };
static float x[SIZE], y[SIZE];

long long run(int n) {
  for (int i = 0; i < SIZE; i++) {
    x[i] = i % 17 - 8;
    y[i] = 0;
  }
  for (int round = 0; round < 1000 * n; round++) {
    v128_t a = wasm_f32x4_splat(round % 3 - 1);
    for (int i = 0; i < SIZE; i += 4)
      wasm_v128_store(y + i, wasm_f32x4_add(wasm_f32x4_mul(a, wasm_v128_load(x + i)), wasm_v128_load(y + i)));
  }
  float sum = 0;
  for (int i = 0; i < SIZE; i++) sum += y[i] * i;
  return (long long)sum;
}
