// 48 KiB as base64 (RFC 4648), n times: twelve bytes become sixteen letters at once.
#include <wasm_simd128.h>
typedef unsigned char byte;
enum { SIZE = 48 << 10 };
static byte from[SIZE + 4], to[SIZE / 3 * 4];

static v128_t encode(v128_t bytes) {
  // Each three bytes p, q, r as q p r q, so that all four groups of six bits lie in one number.
  v128_t groups = wasm_i8x16_swizzle(bytes, wasm_i8x16_const(1, 0, 2, 1, 4, 3, 5, 4, 7, 6, 8, 7, 10, 9, 11, 10));
  v128_t first = wasm_v128_and(wasm_u32x4_shr(groups, 10), wasm_i32x4_const_splat(0x3f));
  v128_t second = wasm_v128_and(wasm_i32x4_shl(groups, 4), wasm_i32x4_const_splat(0x3f00));
  v128_t third = wasm_v128_and(wasm_u32x4_shr(groups, 6), wasm_i32x4_const_splat(0x3f0000));
  v128_t fourth = wasm_v128_and(wasm_i32x4_shl(groups, 8), wasm_i32x4_const_splat(0x3f000000));
  v128_t sixes = wasm_v128_or(wasm_v128_or(first, second), wasm_v128_or(third, fourth));
  // What to add: by class, 0 for small letters, 1 to 10 for digits, 11 for +, 12 for /, 13 for capitals.
  v128_t class = wasm_u8x16_sub_sat(sixes, wasm_i8x16_const_splat(51));
  v128_t capital = wasm_u8x16_lt(sixes, wasm_i8x16_const_splat(26));
  class = wasm_v128_or(class, wasm_v128_and(capital, wasm_i8x16_const_splat(13)));
  v128_t distances = wasm_i8x16_const('a' - 26, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52, '0' - 52,
                                      '0' - 52, '0' - 52, '0' - 52, '+' - 62, '/' - 63, 'A', 0, 0);
  return wasm_i8x16_add(sixes, wasm_i8x16_swizzle(distances, class));
}

long long run(int n) {
  unsigned seed = 1;
  for (int i = 0; i < SIZE; i++) from[i] = (seed = seed * 1664525 + 1013904223) >> 24;
  for (int round = 0; round < n; round++) {
    from[round % SIZE]++;
    for (int i = 0; i < SIZE / 12; i++) wasm_v128_store(to + 16 * i, encode(wasm_v128_load(from + 12 * i)));
  }
  long long sum = 0;
  for (unsigned i = 0; i < sizeof to; i++) sum = sum * 31 + to[i];
  return sum;
}
