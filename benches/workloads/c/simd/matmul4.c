// A 128 x 128 matrix product of f32, four columns at once, n times.
#include <wasm_simd128.h>
enum { SIZE = 128 };
static float a[SIZE][SIZE], b[SIZE][SIZE], c[SIZE][SIZE];

long long run(int n) {
  for (int i = 0; i < SIZE; i++)
    for (int j = 0; j < SIZE; j++) {
      a[i][j] = (i * 7 + j * 3) % 11;
      b[i][j] = (i * 5 + j * 13) % 17;
      c[i][j] = 0;
    }
  for (int round = 0; round < n; round++)
    for (int i = 0; i < SIZE; i++)
      for (int j = 0; j < SIZE; j += 4) {
        v128_t sum = wasm_f32x4_mul(wasm_v128_load(&c[i][j]), wasm_f32x4_splat(0.5f));
        for (int k = 0; k < SIZE; k++)
          sum = wasm_f32x4_add(sum, wasm_f32x4_mul(wasm_v128_load32_splat(&a[i][k]), wasm_v128_load(&b[k][j])));
        wasm_v128_store(&c[i][j], sum);
      }
  float trace = 0;
  for (int i = 0; i < SIZE; i++) trace += c[i][i];
  return (long long)trace;
}
