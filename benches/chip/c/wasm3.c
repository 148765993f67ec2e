// What the firmware needs of wasm3.
#include "m3_env.h"

static IM3Runtime runtime;
static IM3Function function;

// Loads a module and finds its `run`; what went wrong, or null.
const char *chip_load(const unsigned char *wasm, unsigned len, unsigned stack_bytes) {
  IM3Environment environment = m3_NewEnvironment();
  runtime = m3_NewRuntime(environment, stack_bytes, 0);
  if (!runtime) return "no memory";
  IM3Module module;
  M3Result error = m3_ParseModule(environment, &module, wasm, len);
  if (!error) error = m3_LoadModule(runtime, module);
  if (!error) error = m3_FindFunction(&function, runtime, "run");
  return error;
}

// Calls it with a number in decimal digits; wasm3 leaves the result at the start of its stack.
const char *chip_run(const char *n, long long *result) {
  M3Result error = m3_CallWithArgs(function, 1, &n);
  if (!error) *result = *(const long long *)runtime->stack;
  return error;
}
