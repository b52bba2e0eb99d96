/* The reference of the benchmark, by hand: loss (half squared error at the last step), all gradients, all states.

   One double after the other, with libm. The tape is what a careful programmer keeps: what the slopes need. */

#include <math.h>
#include <stdlib.h>

enum { N = 4, M = 2, GATES = 4 };

static double sigmoid(double a) { return 1 / (1 + exp(-a)); }

/* h_t = sigmoid(w h_{t-1} + u x_t + b); gradients of w, u, b, h0 go to out. */
double scalar(long T, const double *p, const double *x, const double *target, const double *h0, double *out, double *dx,
              double *h) {
    const double w = p[0], u = p[1], b = p[2];
    double state = *h0;
    for (long t = 0; t < T; t++) h[t] = state = sigmoid(w * state + u * x[t] + b);
    const double error = state - *target;
    double hbar = error, dw = 0, du = 0, db = 0;
    for (long t = T - 1; t >= 0; t--) {
        const double delta = hbar * h[t] * (1 - h[t]);
        dw += delta * (t ? h[t - 1] : *h0);
        du += delta * x[t];
        db += delta;
        dx[t] = delta * u;
        hbar = delta * w;
    }
    out[0] = dw, out[1] = du, out[2] = db, out[3] = hbar;
    return error * error / 2;
}

/* Gradients of W (rows, N), U (rows, M) and b (rows) as one block of rows of length N + M + 1. */
enum { ROW = N + M + 1 };

static void pre_activation(int rows, const double *p, const double *h, const double *x, double *a) {
    for (int i = 0; i < rows; i++) {
        double sum = p[i * ROW + N + M];
        for (int j = 0; j < N; j++) sum += p[i * ROW + j] * h[j];
        for (int j = 0; j < M; j++) sum += p[i * ROW + N + j] * x[j];
        a[i] = sum;
    }
}

static void backwards(int rows, const double *p, const double *delta, const double *h, const double *x, double *out,
                      double *hbar, double *dx) {
    for (int j = 0; j < N; j++) hbar[j] = 0;
    for (int j = 0; j < M; j++) dx[j] = 0;
    for (int i = 0; i < rows; i++) {
        for (int j = 0; j < N; j++) out[i * ROW + j] += delta[i] * h[j], hbar[j] += delta[i] * p[i * ROW + j];
        for (int j = 0; j < M; j++) out[i * ROW + N + j] += delta[i] * x[j], dx[j] += delta[i] * p[i * ROW + N + j];
        out[i * ROW + N + M] += delta[i];
    }
}

static double error_of(const double *h, const double *target, double *hbar) {
    double loss = 0;
    for (int i = 0; i < N; i++) hbar[i] = h[i] - target[i], loss += hbar[i] * hbar[i] / 2;
    return loss;
}

/* h_t = tanh(W h_{t-1} + U x_t + b); rows of out: gradients of (W, U, b), then that of h0. */
double layer(long T, const double *p, const double *x, const double *target, const double *h0, double *out, double *dx,
             double *h) {
    double a[N], delta[N], hbar[N], total[N * ROW] = {0};
    for (long t = 0; t < T; t++) {
        pre_activation(N, p, t ? h + (t - 1) * N : h0, x + t * M, a);
        for (int i = 0; i < N; i++) h[t * N + i] = tanh(a[i]);
    }
    const double loss = error_of(h + (T - 1) * N, target, hbar);
    for (long t = T - 1; t >= 0; t--) {
        for (int i = 0; i < N; i++) delta[i] = hbar[i] * (1 - h[t * N + i] * h[t * N + i]);
        backwards(N, p, delta, t ? h + (t - 1) * N : h0, x + t * M, total, hbar, dx + t * M);
    }
    for (int k = 0; k < N * ROW; k++) out[k] = total[k];
    for (int i = 0; i < N; i++) out[N * ROW + i] = hbar[i];
    return loss;
}

/* Gates i, f, o, g of an LSTM, in this order in the rows of p; h holds h_1 ... h_T, then c_1 ... c_T. */
double lstm(long T, const double *p, const double *x, const double *target, const double *h0, double *out, double *dx,
            double *h) {
    double a[GATES * N], delta[GATES * N], hbar[N], cbar[N] = {0}, total[GATES * N * ROW] = {0};
    double *c = h + T * N, *gates = malloc(sizeof(double) * T * (GATES + 1) * N), *squashed = gates + T * GATES * N;
    const double *c0 = h0 + N;
    for (long t = 0; t < T; t++) {
        double *gate = gates + t * GATES * N;
        pre_activation(GATES * N, p, t ? h + (t - 1) * N : h0, x + t * M, a);
        for (int k = 0; k < 3 * N; k++) gate[k] = sigmoid(a[k]);
        for (int k = 3 * N; k < 4 * N; k++) gate[k] = tanh(a[k]);
        for (int k = 0; k < N; k++) {
            c[t * N + k] = gate[N + k] * (t ? c[(t - 1) * N + k] : c0[k]) + gate[k] * gate[3 * N + k];
            squashed[t * N + k] = tanh(c[t * N + k]);
            h[t * N + k] = gate[2 * N + k] * squashed[t * N + k];
        }
    }
    const double loss = error_of(h + (T - 1) * N, target, hbar);
    for (long t = T - 1; t >= 0; t--) {
        const double *i = gates + t * GATES * N, *f = i + N, *o = f + N, *g = o + N, *s = squashed + t * N;
        for (int k = 0; k < N; k++) {
            const double inner = cbar[k] + hbar[k] * o[k] * (1 - s[k] * s[k]);
            delta[k] = inner * g[k] * i[k] * (1 - i[k]);
            delta[N + k] = inner * (t ? c[(t - 1) * N + k] : c0[k]) * f[k] * (1 - f[k]);
            delta[2 * N + k] = hbar[k] * s[k] * o[k] * (1 - o[k]);
            delta[3 * N + k] = inner * i[k] * (1 - g[k] * g[k]);
            cbar[k] = inner * f[k];
        }
        backwards(GATES * N, p, delta, t ? h + (t - 1) * N : h0, x + t * M, total, hbar, dx + t * M);
    }
    for (int k = 0; k < GATES * N * ROW; k++) out[k] = total[k];
    for (int k = 0; k < N; k++) out[GATES * N * ROW + k] = hbar[k], out[GATES * N * ROW + N + k] = cbar[k];
    free(gates);
    return loss;
}

/* dh_T/dh_0 of h_t = sigmoid(w h_{t-1} + b) from h_0 = 0, over a grid of w and b; a row of the grid goes through time
   together, so that its exponentials need not wait for each other. */
void grid(long T, long rows, long columns, const double *w, const double *b, double *out) {
    double *h = malloc(sizeof(double) * columns);
    for (long i = 0; i < rows; i++) {
        double *product = out + i * columns;
        for (long j = 0; j < columns; j++) h[j] = 0, product[j] = 1;
        for (long t = 0; t < T; t++)
            for (long j = 0; j < columns; j++) {
                h[j] = sigmoid(w[i] * h[j] + b[j]);
                product[j] *= w[i] * h[j] * (1 - h[j]);
            }
    }
    free(h);
}
