// The matmul family for one instruction set, in the order its parts build on each other.
#include "gemm_product.inc.h"
#include "gemm_lanes.inc.h"
#include "gemm_tile.inc.h"
#include "gemm_k.inc.h"
#include "gemm_panel.inc.h"
#include "gemm_f32.inc.h"
#include "gemm_few.inc.h"
#if defined ISA_AVX2
#define ISA_INTEGERS 1
#include "gemm_codes.inc.h"
#include "gemm_int_avx2.inc.h"
#include "gemm_few_avx2.inc.h"
#elif defined ISA_AVX512
#define ISA_INTEGERS 1
#include "gemm_codes.inc.h"
#include "gemm_int_avx512.inc.h"
#include "gemm_few_avx512.inc.h"
#elif defined ISA_WASM
#include "gemm_codes.inc.h"
#include "gemm_few_wasm.inc.h"
#define ISA_FEW_INTEGERS 1
#endif
#ifdef ISA_INTEGERS
#define ISA_FEW_INTEGERS 1
#endif
#ifdef ISA_FEW_INTEGERS
#include "gemm_coded.inc.h"
#endif
#ifdef ISA_INTEGERS
#include "gemm_int.inc.h"
#endif
#ifdef ISA_FEW_INTEGERS
#include "gemm_few_int.inc.h"
#endif
#include "gemm_plan.inc.h"
#include "gemm_matmul.inc.h"
#include "lora.inc.h"
#include "linear_cross_entropy.inc.h"
#include "linear_cross_entropy_grad_w.inc.h"
