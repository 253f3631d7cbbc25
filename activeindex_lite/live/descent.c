// Activation of one picture of any size, a step at a time: squeeze and its transpose, the perceptual bound, losses, both
// kinds of steps, and the 8-bit release. The formulas are those of activation/ in Python, which tests compare with.
#include "simd.h"

#define LONGEST 512
#define NUMBERS (LONGEST * LONGEST * 3)
#define WEIGHTS 16
#define FORMS 1024

static int width, height, count;  // count: of the numbers of a picture, 3 width height
static float original[NUMBERS + 4], picture[NUMBERS + 4], gradient[NUMBERS + 4], bound[NUMBERS + 4], delta[NUMBERS + 4],
    tanhs[NUMBERS + 4], first[NUMBERS + 4], second[NUMBERS + 4], across[LONGEST * SIDE * 3], jnd[LONGEST * LONGEST],
    luma[LONGEST * LONGEST];
static uint8_t bytes[LONGEST * LONGEST * 4], narrow[LONGEST * SIDE * 3];
// Set from outside: what the network takes off and divides by, the weights of luma, and the shares of the change.
static struct {
  float mean[3], std[3], luma[3], shares[3];
} settings;

EXPORT(bytes_buffer) uint8_t *bytes_buffer(void) { return bytes; }
EXPORT(settings_buffer) float *settings_buffer(void) { return &settings.mean[0]; }
EXPORT(delta_buffer) float *delta_buffer(void) { return delta; }
EXPORT(bound_buffer) float *bound_buffer(void) { return bound; }
EXPORT(gradient_buffer) float *gradient_buffer(void) { return gradient; }

// ---- squeeze -----------------------------------------------------------------------------------------------------

// Antialiased bilinear resizing along one side: output i is the sum of weights[i][j] input[begin[i] + j].
typedef struct {
  int begin[SIDE], count[SIDE], whole[SIDE][WEIGHTS];
  float weights[SIDE][WEIGHTS];
} Squeeze;
static Squeeze columns, rows;

// whole: the weights as Pillow has them, in units of 2^-22.
static void plan(Squeeze *s, int size) {
  double scale = size / (double)SIDE, reach = MAX(scale, 1);
  for (int i = 0; i < SIDE; i++) {
    double centre = scale * (i + .5), total = 0, w[WEIGHTS];
    int low = MAX((int)(centre - reach + .5), 0), high = MIN((int)(centre + reach + .5), size);
    s->begin[i] = low, s->count[i] = high - low;
    for (int j = low; j < high; j++) {
      double away = fabs((j - centre + .5) / reach);
      total += w[j - low] = MAX(1 - away, 0);
    }
    for (int j = 0; j < high - low; j++) {
      s->weights[i][j] = w[j] / total;
      s->whole[i][j] = (int)(.5 + w[j] / total * (1 << 22));
    }
  }
}

static void set_size(int w, int h) {
  if (w == width && h == height) return;
  width = w, height = h, count = 3 * w * h;
  plan(&columns, w), plan(&rows, h);
}

static void normalise(float *out, const float *row) {
  for (int i = 0; i < SIDE * 3; i++) out[i] = (row[i] - settings.mean[i % 3]) / settings.std[i % 3];
}

// A float picture to network_input, as torch squeezes.
static void squeeze(const float *from) {
  for (int y = 0; y < height; y++)
    for (int i = 0; i < SIDE; i++) {
      const float *p = from + (y * width + columns.begin[i]) * 3;
      float sum[3] = {0};
      for (int j = 0; j < columns.count[i]; j++, p += 3)
        for (int c = 0; c < 3; c++) sum[c] += columns.weights[i][j] * p[c];
      memcpy(across + (y * SIDE + i) * 3, sum, sizeof sum);
    }
  for (int i = 0; i < SIDE; i++) {
    float row[SIDE * 3] = {0};
    for (int j = 0; j < rows.count[i]; j++)
      for (int c = 0; c < SIDE * 3; c++) row[c] += rows.weights[i][j] * across[(rows.begin[i] + j) * SIDE * 3 + c];
    normalise(network_input() + i * PITCH * 3, row);
  }
}

// The gradient with respect to the picture, from network_gradient.
static void squeeze_back(void) {
  memset(across, 0, sizeof(float) * height * SIDE * 3);
  for (int i = 0; i < SIDE; i++) {
    float row[SIDE * 3];
    for (int k = 0; k < SIDE * 3; k++) row[k] = network_gradient()[i * PITCH * 4 + k / 3 * 4 + k % 3] / settings.std[k % 3];
    for (int j = 0; j < rows.count[i]; j++)
      for (int c = 0; c < SIDE * 3; c++) across[(rows.begin[i] + j) * SIDE * 3 + c] += rows.weights[i][j] * row[c];
  }
  memset(gradient, 0, sizeof(float) * count);
  for (int y = 0; y < height; y++)
    for (int i = 0; i < SIDE; i++) {
      float *p = gradient + (y * width + columns.begin[i]) * 3;
      for (int j = 0; j < columns.count[i]; j++, p += 3)
        for (int c = 0; c < 3; c++) p[c] += columns.weights[i][j] * across[(y * SIDE + i) * 3 + c];
    }
}

static uint8_t rounded(int sum) { return MIN(MAX((sum + (1 << 21)) >> 22, 0), 255); }

// An 8-bit picture to network_input, as Pillow squeezes: rows first, in whole numbers, rounded in between.
static void squeeze_bytes(void) {
  for (int y = 0; y < height; y++)
    for (int i = 0; i < SIDE; i++)
      for (int c = 0; c < 3; c++) {
        int sum = 0;
        for (int j = 0; j < columns.count[i]; j++)
          sum += columns.whole[i][j] * bytes[(y * width + columns.begin[i] + j) * 4 + c];
        narrow[(y * SIDE + i) * 3 + c] = rounded(sum);
      }
  for (int i = 0; i < SIDE; i++) {
    float row[SIDE * 3];
    for (int c = 0; c < SIDE * 3; c++) {
      int sum = 0;
      for (int j = 0; j < rows.count[i]; j++) sum += rows.whole[i][j] * narrow[(rows.begin[i] + j) * SIDE * 3 + c];
      row[c] = rounded(sum) / 255.f;
    }
    normalise(network_input() + i * PITCH * 3, row);
  }
}

// The feature (D,) of the RGBA picture in bytes.
EXPORT(feature_of) const float *feature_of(int w, int h) {
  set_size(w, h);
  squeeze_bytes();
  return forward();
}

// ---- the bound ---------------------------------------------------------------------------------------------------

// Reflected at the borders; pages take no picture that is narrower than 16 pixels.
static int inside(int i, int n) { return i < 0 ? -i : i >= n ? 2 * n - 2 - i : i; }

// The just-noticeable difference at a pixel, in [0, 1].
static float jnd_at(int x, int y) {
  float background = 0, across_x = 0, across_y = 0;
  for (int i = -2; i <= 2; i++)
    for (int j = -2; j <= 2; j++) {
      int is_inner = abs(i) < 2 && abs(j) < 2;
      float v = luma[inside(y + i, height) * width + inside(x + j, width)];
      background += (i || j ? 1 + is_inner : 0) * v / 32;
      if (!is_inner) continue;
      across_x += j * (2 - abs(i)) * v, across_y += i * (2 - abs(j)) * v;
    }
  float dark = 17 * (1 - sqrtf(MAX(background, 0) / 127 + 1e-3f)) + 3, bright = 3 / 128.f * (background - 127) + 3;
  float la = background <= 127 ? dark : bright, square = across_x * across_x + across_y * across_y;
  float cm = .117f * 16 * powf(square, 1.2f) / (square + 26 * 26);
  return MAX(la + cm - .3f * MIN(la, cm), 5) / 255;
}

// Take the RGBA picture in bytes as the original.
EXPORT(take_original) void take_original(int w, int h) {
  set_size(w, h);
  for (int i = 0; i < w * h; i++) {
    luma[i] = 0;
    for (int c = 0; c < 3; c++) {
      original[3 * i + c] = bytes[4 * i + c] / 255.f;
      luma[i] += 255 * settings.luma[c] * original[3 * i + c];
    }
  }
  for (int i = 0; i < w * h; i++) jnd[i] = jnd_at(i % w, i / w);
}

static int steps;
static double spread, mean_square;  // of a step of the whole picture: root mean square of the bound, second moment

// Begin to activate the original that was taken, from delta_buffer.
EXPORT(begin) void begin(int w, int h, float alpha) {
  set_size(w, h);
  double squares = 0;
  for (int i = 0; i < count; i++) {
    bound[i] = alpha * settings.std[i % 3] * settings.shares[i % 3] * jnd[i / 3];
    squares += bound[i] * bound[i];
  }
  spread = MAX(sqrt(squares / count), 1e-12), mean_square = 0;
  memset(first, 0, sizeof(float) * count), memset(second, 0, sizeof(float) * count);
  steps = 0;
}

// ---- losses ------------------------------------------------------------------------------------------------------

// A loss is a sum of groups. A group is a number of forms g = a x + b of the feature x, each D numbers a and then b:
// DISTANCE: |x - a|^2 of its one form; PUSH: mean of -g; BORDERS: log(1 + sum exp(-g)); SOFT: mean of log(1 + exp(-g)).
enum { DISTANCE, PUSH, BORDERS, SOFT };
static float forms[FORMS][D + 1], along[D];
static struct {
  int kind, begin, count;
} groups[4];
static int group_count;
static float loss;

EXPORT(forms_buffer) float *forms_buffer(void) { return &forms[0][0]; }
EXPORT(last_loss) float last_loss(void) { return loss; }

EXPORT(clear_loss) void clear_loss(void) { group_count = 0; }
EXPORT(add_loss) void add_loss(int kind, int size) {
  int start = group_count ? groups[group_count - 1].begin + groups[group_count - 1].count : 0;
  groups[group_count].kind = kind, groups[group_count].begin = start, groups[group_count].count = size;
  group_count++;
}

static float form(int i, const float *x) {
  float sum = forms[i][D];
  for (int j = 0; j < D; j++) sum += forms[i][j] * x[j];
  return sum;
}

static void go_along(int i, float share) {
  for (int j = 0; j < D; j++) along[j] += share * forms[i][j];
}

static void add_distance(int i, const float *x) {
  for (int j = 0; j < D; j++) {
    float away = x[j] - forms[i][j];
    loss += away * away, along[j] += 2 * away;
  }
}

static void add_borders(int begin, int size, const float *x) {
  float g[FORMS], top = 0, sum;
  for (int i = 0; i < size; i++) g[i] = -form(begin + i, x), top = MAX(top, g[i]);
  sum = expf(-top);
  for (int i = 0; i < size; i++) sum += expf(g[i] - top);
  loss += top + logf(sum);
  for (int i = 0; i < size; i++) go_along(begin + i, -expf(g[i] - top) / sum);
}

static void add_mean(int begin, int size, const float *x, int is_soft) {
  for (int i = begin; i < begin + size; i++) {
    float g = form(i, x), soft = MAX(-g, 0) + logf(1 + expf(-fabsf(g)));
    loss += (is_soft ? soft : -g) / size;
    go_along(i, -(is_soft ? 1 / (1 + expf(g)) : 1) / size);
  }
}

// The loss at a feature x (D,); returns its gradient (D,).
EXPORT(loss_at) const float *loss_at(const float *x) {
  loss = 0;
  memset(along, 0, sizeof along);
  for (int k = 0; k < group_count; k++) {
    int kind = groups[k].kind, start = groups[k].begin, size = groups[k].count;
    if (kind == DISTANCE) add_distance(start, x);
    if (kind == BORDERS) add_borders(start, size, x);
    if (kind == PUSH || kind == SOFT) add_mean(start, size, x, kind == SOFT);
  }
  return along;
}

// ---- steps -------------------------------------------------------------------------------------------------------

// tanh as the quotient of two polynomials, to the last digits of float32; the coefficients are those of Eigen.
static inline v4 tanh4(v4 x) {
  static const float P[] = {-2.76076847742355e-16f, 2.00018790482477e-13f, -8.60467152213735e-11f, 5.12229709037114e-08f,
                            1.48572235717979e-05f, 6.37261928875436e-04f, 4.89352455891786e-03f},
                     Q[] = {1.19825839466702e-06f, 1.18534705686654e-04f, 2.26843463243900e-03f, 4.89352518554385e-03f};
  x = wasm_f32x4_min(wasm_f32x4_max(x, ALL(-7.905311f)), ALL(7.905311f));
  v4 z = MUL(x, x), p = ALL(P[0]), q = ALL(Q[0]);
  for (int i = 1; i < 7; i++) p = MADD(p, z, ALL(P[i]));
  for (int i = 1; i < 4; i++) q = MADD(q, z, ALL(Q[i]));
  return wasm_f32x4_div(MUL(x, p), q);
}

static void make_picture(void) {
  for (int i = 0; i < count; i += 4) {
    v4 t = tanh4(LOAD(delta + i));
    STORE(tanhs + i, t), STORE(picture + i, MADD(LOAD(bound + i), t, LOAD(original + i)));
  }
}

// The feature as it is, and in gradient_buffer the gradient of the objective with respect to delta: see Descent.look.
EXPORT(look) const float *look(float lambda) {
  make_picture();
  squeeze(picture);
  const float *feature = forward();
  backward(loss_at(feature));
  squeeze_back();
  v4 share = ALL(2 * lambda / count);
  for (int i = 0; i < count; i += 4) {
    v4 b = LOAD(bound + i), t = LOAD(tanhs + i), g = MADD(MUL(share, b), t, LOAD(gradient + i));
    STORE(gradient + i, MUL(g, MUL(b, SUB(ALL(1), MUL(t, t)))));
  }
  return feature;
}

static void adam_step(float size, float correction) {
  for (int i = 0; i < count; i += 4) {
    v4 g = LOAD(gradient + i), m = MADD(SUB(g, LOAD(first + i)), ALL(.1f), LOAD(first + i));
    v4 v = MADD(MUL(g, g), ALL(.001f), MUL(LOAD(second + i), ALL(.999f)));
    STORE(first + i, m), STORE(second + i, v);
    v4 below = ADD(wasm_f32x4_div(wasm_f32x4_sqrt(v), ALL(correction)), ALL(1e-8f));
    STORE(delta + i, SUB(LOAD(delta + i), MUL(ALL(size), wasm_f32x4_div(m, below))));
  }
}

// See whole_picture_step in activation/methods.py.
static void whole_picture_step(float size, double second_correction) {
  double squares = 0;
  for (int i = 0; i < count; i++) {
    float share = MAX(bound[i], 1e-12f) / (float)spread, g = gradient[i] / share;
    first[i] += .1f * (g - first[i]);
    squares += g * g;
  }
  mean_square += .001 * (squares / count - mean_square);
  float root = MAX(sqrt(mean_square / second_correction), 1e-20);
  for (int i = 0; i < count; i++) delta[i] -= size * first[i] / root / (MAX(bound[i], 1e-12f) / (float)spread);
}

// Take a step; returns the feature (D,) before it, and last_loss is the loss there.
EXPORT(step) const float *step(float lr, float lambda, int is_whole_picture) {
  const float *feature = look(lambda);
  steps++;
  float size = lr / (1 - pow(.9, steps));
  double correction = 1 - pow(.999, steps);
  if (is_whole_picture)
    whole_picture_step(size, correction);
  else
    adam_step(size, sqrt(correction));
  return feature;
}

// What would be released now, into bytes as RGBA; returns its mean squared error in grey levels squared.
EXPORT(release) double release(void) {
  double squares = 0;
  make_picture();
  for (int i = 0; i < count; i++) {
    int level = (int)rintf(MIN(MAX(picture[i], 0), 1) * 255);
    double away = level - original[i] * 255.;
    squares += away * away;
    bytes[i / 3 * 4 + i % 3] = level;
  }
  for (int i = 3; i < 4 * width * height; i += 4) bytes[i] = 255;
  return squares / count;
}
