// The distribution functions that intervals and tests need. Pure, thread-safe.
//   double t = StudentQuantile(0.975, 5);  // 2.5706
// Accuracy: about 1e-12 relative in the range used here; the tests hold them against tables.
#pragma once

namespace moebench {

// I_x(a, b), the regularised incomplete beta function, by its continued fraction (Lentz's method;
// DLMF 8.17.22). a, b > 0; x is clamped to [0, 1].
double IncompleteBeta(double a, double b, double x);

double NormalCdf(double z);
double NormalQuantile(double p);  // p in (0, 1), clamped to what a double can tell from 0 and 1

double StudentCdf(double t, double df);       // df > 0
double StudentQuantile(double p, double df);  // p in (0, 1), df > 0

// P(F >= f) of the F distribution; df1, df2 > 0.
double FUpperTail(double f, double df1, double df2);

}  // namespace moebench
