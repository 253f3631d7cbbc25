// What both files of the compute core share: four float32 numbers at a time in WebAssembly's 128-bit SIMD.
#pragma once
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <wasm_simd128.h>

#define EXPORT(name) __attribute__((export_name(#name)))
#define MAX(a, b) ((a) > (b) ? (a) : (b))
#define MIN(a, b) ((a) < (b) ? (a) : (b))

typedef v128_t v4;
#define LOAD(p) wasm_v128_load(p)
#define STORE(p, v) wasm_v128_store(p, v)
#define SPLAT(p) wasm_v128_load32_splat(p)
#define ALL(x) wasm_f32x4_splat(x)
#define ADD(a, b) wasm_f32x4_add(a, b)
#define SUB(a, b) wasm_f32x4_sub(a, b)
#define MUL(a, b) wasm_f32x4_mul(a, b)
// a b + c; relaxed SIMD does it in one instruction where the processor has one, and may round once less.
#ifdef RELAXED
#define MADD(a, b, c) wasm_f32x4_relaxed_madd(a, b, c)
#else
#define MADD(a, b, c) ADD(MUL(a, b), c)
#endif

// network.c, for descent.c. The network's input is (SIDE, SIDE, 3) in rows of PITCH pixels, its gradient has 4 channels.
#define SIDE 128
#define PITCH 134
#define D 128
float *network_input(void);
const float *network_gradient(void);
const float *forward(void);
void backward(const float *gradient);
