// f64 arithmetic with square roots and divisions: five bodies, n steps.
enum { BODIES = 5 };
struct body {
  double x, y, z, vx, vy, vz, mass;
};
static struct body bodies[BODIES];

static void step(double dt) {
  for (int i = 0; i < BODIES; i++)
    for (int j = i + 1; j < BODIES; j++) {
      struct body *p = &bodies[i], *q = &bodies[j];
      double dx = p->x - q->x, dy = p->y - q->y, dz = p->z - q->z;
      double square = dx * dx + dy * dy + dz * dz;
      double pull = dt / (square * __builtin_sqrt(square));
      p->vx -= dx * q->mass * pull;
      p->vy -= dy * q->mass * pull;
      p->vz -= dz * q->mass * pull;
      q->vx += dx * p->mass * pull;
      q->vy += dy * p->mass * pull;
      q->vz += dz * p->mass * pull;
    }
  for (int i = 0; i < BODIES; i++) {
    bodies[i].x += dt * bodies[i].vx;
    bodies[i].y += dt * bodies[i].vy;
    bodies[i].z += dt * bodies[i].vz;
  }
}

long long run(int n) {
  for (int i = 0; i < BODIES; i++)
    bodies[i] = (struct body){i * 4.0 + 0.1, i * 1.5 - 2, i * 0.25, 0.1 * i, 0.5 - 0.2 * i, 0.01 * i, i ? 0.03 / i : 39.0};
  for (int i = 0; i < n; i++) step(0.001);
  double energy = 0;
  for (int i = 0; i < BODIES; i++) {
    struct body *p = &bodies[i];
    energy += 0.5 * p->mass * (p->vx * p->vx + p->vy * p->vy + p->vz * p->vz);
  }
  return (long long)(energy * 1e9);
}
