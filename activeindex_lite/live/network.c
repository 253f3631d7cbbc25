// The network, forward and back to its input, for one picture on one thread. Which layers there are is not said here:
// network_begin reads a list of them that Python exports from LiteNet (network.py), with weights in the list's order.
//
// Maps hold the layers' outputs, (side, side, channels) with a border of zeros all around, so that no loop asks where a
// picture ends. Convolutions of 3 x 3 and stride 1 are Winograd's F(2 x 2, 3 x 3); all others, and the gradients of
// convolutions with a stride, are sums over taps. Both make 4 pixels x 8 channels at a time, all in registers.
#include "simd.h"

enum { CONVOLUTION, MEAN_POOL, HEAD };
#define MAPS 32
#define LAYERS 32
#define TAPS 16

typedef struct {
  int side, channels, border, pitch;  // pitch: pixels in a row with its borders
  float *value, *gradient;
  int gradient_channels, is_relu, is_touched;
} Map;

// A row of the list that Python exports, in its order; plus: the map that is added before the ReLU, or -1.
typedef struct {
  int kind, kernel, stride, padding, cin, cout, from, to, plus, relu;
} Row;

typedef struct {
  Row row;
  const float *bias;
  float *ahead, *back[TAPS];  // packed weights; back: one pack for each place of an input pixel within a stride
  int offset[TAPS][TAPS], count[TAPS];
} Layer;

static Map maps[MAPS];
static Layer layers[LAYERS];
static int layer_count;
static const float *head_weights, *head_bias;
static float *transformed, *products;
static float pooled[1024], raw[D], length;
static float feature[D];

static float *interior(const Map *m, float *data, int channels) {
  return data + (m->border * m->pitch + m->border) * channels;
}

// ---- sums over taps ----------------------------------------------------------------------------------------------

// What is done to each output; add and mask are laid out as the output.
typedef struct {
  const float *bias, *add, *mask;
  int relu;
} Finish;

static inline v4 finished(v4 v, Finish f, int channel, int place) {
  if (f.bias) v = ADD(v, LOAD(f.bias + channel));
  if (f.add) v = ADD(v, LOAD(f.add + place));
  if (f.relu) v = wasm_f32x4_pmax(ALL(0), v);
  if (f.mask) v = wasm_v128_and(v, wasm_f32x4_gt(LOAD(f.mask + place), ALL(0)));
  return v;
}

// Where pixels lie: the numbers from one to the next, and from one row to the next.
typedef struct {
  int x, y;
} Pace;

// out[y][x][o] = sum over taps t and i < run of in[y][x][offset[t] + i] weights[o / 8][t][i][o % 8], side x side pixels.
static void taps8(const float *in, Pace from, float *out, Pace to, int side, int count, const int *offset, int run,
                  const float *weights, int channels, Finish f) {
  for (int o = 0; o < channels; o += 8, weights += count * run * 8)
    for (int y = 0; y < side; y++)
      for (int x = 0; x < side; x += 4) {
        v4 a[8] = {ALL(0), ALL(0), ALL(0), ALL(0), ALL(0), ALL(0), ALL(0), ALL(0)};
        const float *w = weights;
        for (int t = 0; t < count; t++) {
          const float *p0 = in + y * from.y + x * from.x + offset[t], *p1 = p0 + from.x, *p2 = p1 + from.x,
                      *p3 = p2 + from.x;
          for (int i = 0; i < run; i++, w += 8) {
            v4 w0 = LOAD(w), w1 = LOAD(w + 4), s;
            s = SPLAT(p0 + i), a[0] = MADD(s, w0, a[0]), a[1] = MADD(s, w1, a[1]);
            s = SPLAT(p1 + i), a[2] = MADD(s, w0, a[2]), a[3] = MADD(s, w1, a[3]);
            s = SPLAT(p2 + i), a[4] = MADD(s, w0, a[4]), a[5] = MADD(s, w1, a[5]);
            s = SPLAT(p3 + i), a[6] = MADD(s, w0, a[6]), a[7] = MADD(s, w1, a[7]);
          }
        }
        for (int i = 0; i < 8; i++) {
          int channel = o + 4 * (i & 1), place = y * to.y + (x + i / 2) * to.x + channel;
          STORE(out + place, finished(a[i], f, channel, place));
        }
      }
}

// The same for up to four channels, as the gradient of the picture itself has: weights[t][i][4], eight pixels at once.
static void taps4(const float *in, Pace from, float *out, Pace to, int side, int count, const int *offset, int run,
                  const float *weights) {
  for (int y = 0; y < side; y++)
    for (int x = 0; x < side; x += 8) {
      v4 a[8] = {ALL(0), ALL(0), ALL(0), ALL(0), ALL(0), ALL(0), ALL(0), ALL(0)};
      const float *w = weights;
      for (int t = 0; t < count; t++) {
        const float *p = in + y * from.y + x * from.x + offset[t];
        for (int i = 0; i < run; i++, w += 4, p++) {
          v4 w0 = LOAD(w);
          for (int k = 0; k < 8; k++) a[k] = MADD(SPLAT(p + k * from.x), w0, a[k]);
        }
      }
      for (int k = 0; k < 8; k++) STORE(out + y * to.y + (x + k) * to.x, a[k]);
    }
}

static float weight_at(const float *w, Row r, int o, int i, int y, int x) {
  return w[((o * r.cin + i) * r.kernel + y) * r.kernel + x];
}

// Ahead, a tap is a row of the kernel: its pixels lie side by side, with all their channels.
static float *packed_ahead(const float *w, Row r) {
  float *packed = malloc(sizeof(float) * r.cout * r.cin * r.kernel * r.kernel);
  int run = r.kernel * r.cin;
  for (int o = 0; o < r.cout; o++)
    for (int y = 0; y < r.kernel; y++)
      for (int x = 0; x < r.kernel; x++)
        for (int i = 0; i < r.cin; i++)
          packed[(((o / 8) * r.kernel + y) * run + x * r.cin + i) * 8 + o % 8] = weight_at(w, r, o, i, y, x);
  return packed;
}

// Back: input pixel (stride v + a, stride u + b) hears from outputs (v + dy, u + dx) through kernel element
// (a + padding - stride dy, b + padding - stride dx), where the kernel has one.
static void pack_back(Layer *l, const float *w, int pitch) {
  Row r = l->row;
  int lanes = r.cin % 8 ? 4 : 8, reach = r.kernel / r.stride + 1;
  for (int part = 0; part < r.stride * r.stride; part++) {
    int a = part / r.stride, b = part % r.stride, n = 0, ys[TAPS], xs[TAPS];
    for (int dy = -reach; dy <= reach; dy++)
      for (int dx = -reach; dx <= reach; dx++) {
        int y = a + r.padding - r.stride * dy, x = b + r.padding - r.stride * dx;
        if (y < 0 || x < 0 || y >= r.kernel || x >= r.kernel) continue;
        l->offset[part][n] = (dy * pitch + dx) * r.cout, ys[n] = y, xs[n] = x, n++;
      }
    float *packed = calloc((r.cin + lanes) * n * r.cout, sizeof(float));
    for (int i = 0; i < r.cin; i++)
      for (int t = 0; t < n; t++)
        for (int o = 0; o < r.cout; o++)
          packed[(((i / lanes) * n + t) * r.cout + o) * lanes + i % lanes] = weight_at(w, r, o, i, ys[t], xs[t]);
    l->back[part] = packed, l->count[part] = n;
  }
}

// ---- Winograd ----------------------------------------------------------------------------------------------------

// c (rows, n) = a (rows, k) u, with u [n / 8][k][8].
static void product(const float *a, const float *u, float *c, int rows, int k, int n) {
  for (int o = 0; o < n; o += 8, u += 8 * k)
    for (int r = 0; r < rows; r += 4) {
      v4 t[8] = {ALL(0), ALL(0), ALL(0), ALL(0), ALL(0), ALL(0), ALL(0), ALL(0)};
      const float *p0 = a + r * k, *p1 = p0 + k, *p2 = p1 + k, *p3 = p2 + k, *w = u;
      for (int i = 0; i < k; i++, w += 8) {
        v4 w0 = LOAD(w), w1 = LOAD(w + 4), s;
        s = SPLAT(p0 + i), t[0] = MADD(s, w0, t[0]), t[1] = MADD(s, w1, t[1]);
        s = SPLAT(p1 + i), t[2] = MADD(s, w0, t[2]), t[3] = MADD(s, w1, t[3]);
        s = SPLAT(p2 + i), t[4] = MADD(s, w0, t[4]), t[5] = MADD(s, w1, t[5]);
        s = SPLAT(p3 + i), t[6] = MADD(s, w0, t[6]), t[7] = MADD(s, w1, t[7]);
      }
      for (int i = 0; i < 8; i++) STORE(c + (r + i / 2) * n + o + 4 * (i & 1), t[i]);
    }
}

// A 3 x 3 convolution of stride 1 between maps of one side, k channels in and n out; u: of packed_winograd.
static void winograd(const Map *m, const float *in, float *out, int k, int n, const float *u, Finish f) {
  int tiles = m->side / 2, rows = tiles * tiles, pitch = m->pitch;
  for (int tile = 0; tile < rows; tile++)
    for (int c = 0; c < k; c += 4) {
      const float *p = in + (2 * (tile / tiles) * pitch + 2 * (tile % tiles)) * k + c;
      float *o = transformed + tile * k + c;
      v4 d[4][4], t[4][4];
      for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++) d[i][j] = LOAD(p + (i * pitch + j) * k);
      for (int j = 0; j < 4; j++) {
        t[0][j] = SUB(d[0][j], d[2][j]), t[1][j] = ADD(d[1][j], d[2][j]);
        t[2][j] = SUB(d[2][j], d[1][j]), t[3][j] = SUB(d[1][j], d[3][j]);
      }
      for (int i = 0; i < 4; i++, o += 4 * rows * k) {
        STORE(o, SUB(t[i][0], t[i][2])), STORE(o + rows * k, ADD(t[i][1], t[i][2]));
        STORE(o + 2 * rows * k, SUB(t[i][2], t[i][1])), STORE(o + 3 * rows * k, SUB(t[i][1], t[i][3]));
      }
    }
  for (int i = 0; i < 16; i++) product(transformed + i * rows * k, u + i * k * n, products + i * rows * n, rows, k, n);
  for (int tile = 0; tile < rows; tile++)
    for (int c = 0; c < n; c += 4) {
      const float *p = products + tile * n + c;
      v4 t[2][4];
      for (int j = 0; j < 4; j++) {
        v4 m0 = LOAD(p + j * rows * n), m1 = LOAD(p + (4 + j) * rows * n), m2 = LOAD(p + (8 + j) * rows * n);
        t[0][j] = ADD(ADD(m0, m1), m2), t[1][j] = SUB(SUB(m1, m2), LOAD(p + (12 + j) * rows * n));
      }
      for (int i = 0; i < 2; i++) {
        int place = ((2 * (tile / tiles) + i + 1) * pitch + 2 * (tile % tiles) + 1) * n + c;
        STORE(out + place, finished(ADD(ADD(t[i][0], t[i][1]), t[i][2]), f, c, place));
        STORE(out + place + n, finished(SUB(SUB(t[i][1], t[i][2]), t[i][3]), f, c, place + n));
      }
    }
}

// Weights as winograd takes them. is_back: with channels swapped and the kernel turned, which gives the gradient.
static float *packed_winograd(const float *w, Row r, int is_back) {
  static const float G[4][3] = {{1, 0, 0}, {.5f, .5f, .5f}, {.5f, -.5f, .5f}, {0, 0, 1}};
  int n = is_back ? r.cin : r.cout, k = is_back ? r.cout : r.cin;
  float *u = malloc(sizeof(float) * 16 * n * k);
  for (int a = 0; a < n; a++)
    for (int b = 0; b < k; b++)
      for (int i = 0; i < 16; i++) {
        float sum = 0;
        for (int y = 0; y < 3; y++)
          for (int x = 0; x < 3; x++)
            sum += G[i / 4][y] * G[i % 4][x] *
                   (is_back ? weight_at(w, r, b, a, 2 - y, 2 - x) : weight_at(w, r, a, b, y, x));
        u[((i * (n / 8) + a / 8) * k + b) * 8 + a % 8] = sum;
      }
  return u;
}

static int is_winograd(Row r) { return r.kernel == 3 && r.stride == 1; }

// ---- building ----------------------------------------------------------------------------------------------------

EXPORT(allocate) void *allocate(int bytes) { return malloc(bytes); }

static void make_map(int number, int side, int channels, int border, int is_relu) {
  int pitch = side + 2 * border, back = channels % 8 ? 4 : channels;
  maps[number] = (Map){side, channels, border, pitch, .gradient_channels = back, .is_relu = is_relu};
  // A little more, since the last four numbers are read at once.
  maps[number].value = calloc(pitch * pitch * channels + 4, sizeof(float));
  maps[number].gradient = calloc(pitch * pitch * back + 4, sizeof(float));
}

// Take the list of layers, (count, 10) int32 as in Row, and their weights and biases one after another.
EXPORT(network_begin) void network_begin(const Row *rows, int count, const float *weights) {
  int largest = 0;
  make_map(0, SIDE, 3, (PITCH - SIDE) / 2, 0);
  layer_count = count;
  for (int i = 0; i < count; i++) {
    Layer *l = &layers[i];
    Row r = l->row = rows[i];
    const float *w = weights;
    weights += r.kind == MEAN_POOL ? 0 : (r.cin * r.kernel * r.kernel + 1) * r.cout;
    l->bias = weights - r.cout;
    if (r.kind == HEAD) {
      head_weights = w, head_bias = l->bias;
      continue;
    }
    int side = maps[r.from].side / r.stride;
    make_map(r.to, side, r.cout, 1, r.relu);
    if (r.kind == MEAN_POOL) continue;
    if (is_winograd(r)) {
      l->ahead = packed_winograd(w, r, 0), l->back[0] = packed_winograd(w, r, 1);
      largest = MAX(largest, 16 * (side / 2) * (side / 2) * MAX(r.cin, r.cout));
    } else {
      l->ahead = packed_ahead(w, r);
      pack_back(l, w, maps[r.to].pitch);
    }
  }
  transformed = malloc(sizeof(float) * largest), products = malloc(sizeof(float) * largest);
}

EXPORT(network_input) float *network_input(void) { return interior(&maps[0], maps[0].value, 3); }
EXPORT(network_gradient) const float *network_gradient(void) { return interior(&maps[0], maps[0].gradient, 4); }

// ---- forward -----------------------------------------------------------------------------------------------------

static void convolve(const Layer *l, const Map *from, const Map *to) {
  Row r = l->row;
  Finish f = {l->bias, r.plus < 0 ? 0 : maps[r.plus].value, 0, r.relu};
  if (is_winograd(r)) {
    winograd(from, from->value, to->value, r.cin, r.cout, l->ahead, f);
    return;
  }
  int offset[TAPS], inset = (to->pitch + 1) * r.cout;
  for (int t = 0; t < r.kernel; t++) offset[t] = (t - r.padding) * from->pitch * r.cin - r.padding * r.cin;
  if (f.add) f.add += inset;
  taps8(interior(from, from->value, r.cin), (Pace){r.stride * r.cin, r.stride * from->pitch * r.cin}, to->value + inset,
        (Pace){r.cout, to->pitch * r.cout}, to->side, r.kernel, offset, r.kernel * r.cin, l->ahead, r.cout, f);
}

static void pool(const Map *from, const Map *to, int stride) {
  int n = to->channels;
  for (int y = 0; y < to->side; y++)
    for (int x = 0; x < to->side; x++)
      for (int c = 0; c < n; c += 4) {
        const float *p = interior(from, from->value, n) + stride * (y * from->pitch + x) * n + c;
        v4 sum = ALL(0);
        for (int i = 0; i < stride * stride; i++) sum = ADD(sum, LOAD(p + ((i / stride) * from->pitch + i % stride) * n));
        STORE(interior(to, to->value, n) + (y * to->pitch + x) * n + c, MUL(sum, ALL(1.f / (stride * stride))));
      }
}

// GeM pooling with p = 3, a linear layer, and unit length.
static void head(const Map *m) {
  int n = m->channels;
  for (int c = 0; c < n; c++) {
    float sum = 0;
    for (int y = 0; y < m->side; y++)
      for (int x = 0; x < m->side; x++) {
        float v = MAX(interior(m, m->value, n)[(y * m->pitch + x) * n + c], 1e-6f);
        sum += v * v * v;
      }
    pooled[c] = cbrtf(sum / (m->side * m->side));
  }
  float squares = 0;
  for (int j = 0; j < D; j++) {
    raw[j] = head_bias[j];
    for (int c = 0; c < n; c++) raw[j] += head_weights[j * n + c] * pooled[c];
    squares += raw[j] * raw[j];
  }
  length = sqrtf(squares);
  for (int j = 0; j < D; j++) feature[j] = raw[j] / length;
}

// The feature (D,) of what lies in network_input.
EXPORT(forward) const float *forward(void) {
  for (int i = 0; i < layer_count; i++) {
    Row r = layers[i].row;
    if (r.kind == CONVOLUTION) convolve(&layers[i], &maps[r.from], &maps[r.to]);
    if (r.kind == MEAN_POOL) pool(&maps[r.from], &maps[r.to], r.stride);
    if (r.kind == HEAD) head(&maps[r.from]);
  }
  return feature;
}

// ---- backward ----------------------------------------------------------------------------------------------------

static void head_back(const Map *m, const float *gradient) {
  int n = m->channels;
  float along = 0, each[1024] = {0};
  for (int j = 0; j < D; j++) along += gradient[j] * feature[j];
  for (int j = 0; j < D; j++)
    for (int c = 0; c < n; c++) each[c] += (gradient[j] - along * feature[j]) / length * head_weights[j * n + c];
  for (int c = 0; c < n; c++) each[c] /= pooled[c] * pooled[c] * m->side * m->side;
  for (int y = 0; y < m->side; y++)
    for (int x = 0; x < m->side; x++)
      for (int c = 0; c < n; c++) {
        int place = (y * m->pitch + x) * n + c;
        float v = interior(m, m->value, n)[place];
        interior(m, m->gradient, n)[place] = v > 1e-6f ? each[c] * v * v : 0;
      }
}

static void pool_back(const Map *from, const Map *to, int stride) {
  int n = to->channels;
  for (int y = 0; y < from->side; y++)
    for (int x = 0; x < from->side; x++)
      for (int c = 0; c < n; c += 4) {
        float *p = interior(from, from->gradient, n) + (y * from->pitch + x) * n + c;
        v4 g = LOAD(interior(to, to->gradient, n) + ((y / stride) * to->pitch + x / stride) * n + c);
        v4 before = from->is_touched ? LOAD(p) : ALL(0);
        STORE(p, MADD(g, ALL(1.f / (stride * stride)), before));
      }
}

static void convolve_back(const Layer *l, const Map *from, const Map *to, int is_last) {
  Row r = l->row;
  Finish f = {0, from->is_touched ? from->gradient : 0, is_last && from->is_relu ? from->value : 0, 0};
  if (is_winograd(r)) {
    winograd(to, to->gradient, from->gradient, r.cout, r.cin, l->back[0], f);
    return;
  }
  int n = from->gradient_channels;
  Pace in = {r.cout, to->pitch * r.cout}, out = {r.stride * n, r.stride * from->pitch * n};
  for (int part = 0; part < r.stride * r.stride; part++) {
    int start = ((from->border + part / r.stride) * from->pitch + from->border + part % r.stride) * n;
    Finish there = {0, f.add ? f.add + start : 0, f.mask ? f.mask + start : 0, 0};
    const float *g = interior(to, to->gradient, r.cout);
    if (n == 4)
      taps4(g, in, from->gradient + start, out, to->side, l->count[part], l->offset[part], r.cout, l->back[part]);
    else
      taps8(g, in, from->gradient + start, out, to->side, l->count[part], l->offset[part], r.cout, l->back[part], n,
            there);
  }
}

// Whether no layer before this one reads the map: then its gradient is whole.
static int is_first_reader(int layer, int map) {
  for (int i = 0; i < layer; i++)
    if (layers[i].row.from == map || layers[i].row.plus == map) return 0;
  return 1;
}

// From the gradient of a loss with respect to the feature (D,) to that with respect to network_input.
EXPORT(backward) void backward(const float *gradient) {
  for (int i = 0; i < MAPS; i++) maps[i].is_touched = 0;
  for (int i = layer_count - 1; i >= 0; i--) {
    Row r = layers[i].row;
    Map *from = &maps[r.from], *to = &maps[r.to];
    if (r.kind == HEAD) head_back(from, gradient);
    if (r.kind != HEAD && r.plus >= 0) {
      memcpy(maps[r.plus].gradient, to->gradient, sizeof(float) * to->pitch * to->pitch * to->channels);
      maps[r.plus].is_touched = 1;
    }
    if (r.kind == MEAN_POOL) pool_back(from, to, r.stride);
    if (r.kind == CONVOLUTION) convolve_back(&layers[i], from, to, is_first_reader(i, r.from));
    from->is_touched = 1;
  }
}
