// f64 multiply-add over three arrays: a 160 x 160 matrix product, n times.
enum { SIZE = 160 };
static double a[SIZE][SIZE], b[SIZE][SIZE], c[SIZE][SIZE];

long long run(int n) {
  for (int i = 0; i < SIZE; i++)
    for (int j = 0; j < SIZE; j++) {
      a[i][j] = (i * 7 + j * 3) % 11;
      b[i][j] = (i * 5 + j * 13) % 17;
      c[i][j] = 0;
    }
  for (int round = 0; round < n; round++)
    for (int i = 0; i < SIZE; i++)
      for (int j = 0; j < SIZE; j++) {
        double sum = c[i][j] * 0.5;
        for (int k = 0; k < SIZE; k++) sum += a[i][k] * b[k][j];
        c[i][j] = sum;
      }
  double trace = 0;
  for (int i = 0; i < SIZE; i++) trace += c[i][i];
  return (long long)trace;
}
